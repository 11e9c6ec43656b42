"""What the applications at hand ask about, counted against what may be asked in a day."""

from collections.abc import Iterator, Sequence

from riskscore.history.desk import Arrival, Desk
from riskscore.history.entities import Pseudonym
from riskscore.history.quotas import Limits, asked_about, count_caller, count_probe, over


def admitted(desk: Desk, limits: Limits, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """Count what is asked against what may be, and leave out what is refused."""
    count_caller(desk.connection, limits, len(arrivals), desk.received_at)
    if limits.each is None:
        return arrivals
    names = [[*counted_names(each, limits)] for each in arrivals]
    held = {name: desk.numbers[name] for some in names for name in some if name in desk.numbers}
    connection, at = desk.connection, desk.received_at
    times = asked_about(connection, [*held.values()], desk.store.yesterday, at)
    before = {name.value: times.get(number, 0) for name, number in held.items()}
    key = desk.store.keys_of(desk.tenant).newest
    for each, some in zip(arrivals, names, strict=True):
        if not each.stored:
            for name, sealed in zip(some, key.sealed(one.value for one in some), strict=True):
                probes = count_probe(connection, sealed, at) - 1
                before[name.value] = before.get(name.value, 0) + probes
    verdicts = over([[name.value for name in some] for some in names], before, limits.each)
    desk.refused = {place: each for place, each in enumerate(verdicts) if each}
    return [each for place, each in enumerate(arrivals) if place not in desk.refused]


def counted_names(arrival: Arrival, limits: Limits) -> Iterator[Pseudonym]:
    return (name for name in arrival.names.values() if name.kind not in limits.shared)
