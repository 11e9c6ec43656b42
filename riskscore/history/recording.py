"""Applications enter the store: each reads its history and becomes part of that of the next."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from riskscore.history import entities
from riskscore.history.asked import admitted
from riskscore.history.borrowing import Asking
from riskscore.history.counting import count
from riskscore.history.desk import Arrival, Desk
from riskscore.history.reading import Asker, look, measured
from riskscore.history.references import look_up_references
from riskscore.history.sharing import Numbers, find_shared, numbered, of_partners, owner
from riskscore.history.streams import open_stream, read_streams
from riskscore.product.application import COUNTED, Application
from riskscore.product.moments import now
from riskscore.product.past import Known


class Recorded(NamedTuple):
    """What the store made of one application.

    Attributes:
        history: Its history columns.
        entities: Name -> number, of the identifiers that the store knows.
        event: The event that it became; None if it does not count, or its reference did before.
    """

    application: Application
    history: Mapping[str, Known]
    entities: Mapping[str, int]
    event: int | None


def record(desk: Desk, arrivals: Sequence[Arrival]) -> list[Recorded]:
    """Take in applications as if each came alone and in this order, but for those refused.

    Few enough must come at a time that the identifiers of all can be locked together.

    Raises:
        QuotaExceeded: The caller asks more than it may in a day; nothing must be kept.
    """
    lock(desk, arrivals)
    admitted = look_up(desk, arrivals)
    return [enter(desk, each) for each in admitted]


def lock(desk: Desk, arrivals: Iterable[Arrival]) -> None:
    """Lock every identifier and reference that will be stored; SQLite's door is lock enough."""
    if not entities.locks(desk.connection):
        return
    stored = [each for each in arrivals if each.stored]
    held = [names for each in stored for names in (each.names, *each.shared.values())]
    values = [name.value for names in held for name in names.values()]
    keys = desk.store.keys_of(desk.tenant)
    values += [entities.lock_of(keys, desk.product, each.application.reference) for each in stored]
    if values:
        owners = [desk.tenant, *map(owner, desk.terms.through)]
        entities.lock(desk.connection, values, adding=owners)
        desk.received_at = max(desk.received_at, now())  # others came first while we waited


def look_up(desk: Desk, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """Find what the store knows of the applications at hand; number what is new to it.

    Returns:
        Those that are not refused.
    """
    connection, store, tenant = desk.connection, desk.store, desk.tenant
    desk.streams = read_streams(connection, tenant, store.declared)
    if desk.product not in desk.streams.by_product and any(each.stored for each in arrivals):
        desk.streams = open_stream(connection, tenant, desk.product, store.declared)
    names = {name for each in arrivals for name in each.names.values()}
    keys = store.keys_of(tenant)
    desk.numbers = entities.find(connection, keys, names)
    if desk.limits:
        arrivals = admitted(desk, desk.limits, arrivals)
    stored = {name for each in arrivals if each.stored for name in each.names.values()}
    new = sorted(stored - desk.numbers.keys())
    desk.numbers |= entities.add(connection, keys, new)
    if desk.terms.through:
        shared = [(each.shared, each.stored) for each in arrivals]
        desk.partners = find_shared(connection, store, desk.terms, shared)
    if arrivals and desk.product in desk.streams.by_product:
        look_up_references(desk, {each.application.reference for each in arrivals})
    return arrivals


def enter(desk: Desk, arrival: Arrival) -> Recorded:
    """Read an application's history, then let it count, if it does and did not before."""
    application, names, _ = arrival
    numbers = {entity: desk.numbers[name] for entity, name in names.items() if name in desk.numbers}
    own = desk.events.get(application.reference)
    asker = Asker(application, own, numbers)
    shared = numbered(arrival.shared, desk.partners)
    history = history_of(desk, asker, shared)
    counts = own is None and application.purpose in COUNTED
    number = count(desk, application, numbers, shared) if counts else None
    return Recorded(application, history, numbers, number)


def history_of(desk: Desk, asker: Asker, shared: Numbers) -> dict[str, Known]:
    """Read an application's history, and what other tenants have a part in."""
    looked = look(desk.connection, desk.plan, asker, desk.streams)
    history = measured(desk.plan, asker, looked, desk.streams)
    if desk.terms.gets or desk.terms.over:
        asking = Asking(asker, desk.streams, looked)
        history |= of_partners(desk.connection, desk.plan, asking, desk.terms, shared)
    return history
