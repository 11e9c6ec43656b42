"""What crosses from one tenant to another while applications are scored and stored.

An application of a tenant that gives is seen twice: by its own tenant under the tenant's key, and
by whoever gets it under the agreement's key. Neither finds anybody in the other's half.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection

from riskscore.history import entities
from riskscore.history.agreements import Agreement
from riskscore.history.borrowing import NOT_SHARED, Asking, Lender, borrowed, withheld
from riskscore.history.entities import Pseudonym
from riskscore.history.plan import Plan
from riskscore.history.store import Store
from riskscore.history.streams import Stream, read_streams
from riskscore.keyring import AGREEMENT
from riskscore.product.application import Application
from riskscore.product.past import Known

Names = Mapping[str, Mapping[str, Pseudonym]]  # agreement -> entity -> pseudonym
Numbers = Mapping[str, Mapping[str, int]]  # agreement -> entity -> number


class Terms(NamedTuple):
    """The agreements that matter to one product of one tenant now.

    Attributes:
        gives: In force, of applications of this product.
        gets: In force, of applications that its windows look at.
        over: Of those likewise, but over.
        through: Of each in force, the entities by which applications are seen.
    """

    gives: Sequence[Agreement] = ()
    gets: Sequence[Agreement] = ()
    over: Sequence[Agreement] = ()
    through: Mapping[str, frozenset[str]] = MappingProxyType({})


NO_TERMS = Terms()


def terms_of(store: Store, plan: Plan, tenant: str, at: int) -> Terms:
    """Find the agreements that matter, at a moment in microseconds since 1970."""
    agreements = store.book.current()
    if not agreements:
        return NO_TERMS
    given = [each for each in agreements if each.gives == tenant and each.in_force(at)]
    gives = [each for each in given if each.product == plan.product.name]
    got = [each for each in agreements if each.gets == tenant and each.product in plan.looked_at]
    gets = [each for each in got if each.in_force(at)]
    through = {each.name: plan.seen_by for each in gives}
    through |= {each.name: plan.looked_at[each.product] for each in gets}
    return Terms(gives, gets, [each for each in got if each.over(at)], through)


def shared_names(store: Store, terms: Terms, application: Application) -> Names:
    """Return what stands for an application's identifiers under the key of each agreement."""
    return {
        name: {
            entity: Pseudonym(entity, store.keys_of(owner(name)).digest(entity, identifier))
            for entity, identifier in application.entities.items()
            if entity in entities_seen
        }
        for name, entities_seen in terms.through.items()
    }


def owner(agreement: str) -> str:
    """Say whose identifiers are those under an agreement's key; no tenant's name has a blank."""
    return f"{AGREEMENT}{agreement}"


def find_shared(
    connection: Connection, store: Store, terms: Terms, names: Sequence[tuple[Names, bool]]
) -> dict[str, dict[Pseudonym, int]]:
    """Return the numbers of identifiers under each agreement; number what is given anew.

    Args:
        connection: Within a transaction.
        store: Whose keys.
        terms: The agreements.
        names: Of each application at hand, and whether it will be stored.
    """
    found = {}
    for each in (*terms.gives, *terms.gets):
        keys = store.keys_of(owner(each.name))
        wanted = {name for named, _ in names for name in named[each.name].values()}
        numbers = entities.find(connection, keys, wanted)
        if each in terms.gives:
            kept = {name for named, stored in names if stored for name in named[each.name].values()}
            numbers |= entities.add(connection, keys, sorted(kept - numbers.keys()))
        found[each.name] = numbers
    return found


def numbered(names: Names, found: Mapping[str, Mapping[Pseudonym, int]]) -> Numbers:
    """Return the numbers of one application's identifiers, as far as there are any."""
    return {
        agreement: {
            entity: found[agreement][name]
            for entity, name in named.items()
            if name in found[agreement]
        }
        for agreement, named in names.items()
    }


def of_partners(
    connection: Connection, plan: Plan, asking: Asking, terms: Terms, numbers: Numbers
) -> Iterator[tuple[str, Known]]:
    """Compute the columns that other tenants have a part in, or had."""
    lenders = [_lender(connection, each, asking, numbers[each.name]) for each in terms.gets]
    yield from borrowed(connection, plan, asking, lenders)
    known = asking.asker.application.entities
    columns = [each for each in plan.product.history if each.entity in known]
    yield from ((name, NOT_SHARED) for name in withheld(columns, terms.over, terms.gets))


def _lender(
    connection: Connection, agreement: Agreement, asking: Asking, numbers: Mapping[str, int]
) -> Lender:
    streams = read_streams(connection, agreement.gives, asking.streams.declared)
    stream = streams.of(agreement.product)
    since = None if stream.known_since is None else max(stream.known_since, agreement.begins)
    return Lender(agreement, numbers, Stream(stream.id, since))
