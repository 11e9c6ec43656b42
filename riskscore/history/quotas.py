"""How much may be asked in a day: by one caller, and about one identifier.

Nobody shall fish for what others did with a number by asking about it again and again. How often an
identifier was asked about is counted from what is stored of it anyway; tests, of which nothing is
stored, are counted in a table of their own. Kinds that many people share are left out.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    CompoundSelect,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite

from riskscore.errors import AskedAboutTooOften, QuotaExceeded
from riskscore.history.prepared import fetch
from riskscore.history.schema import decision, event, mention, probe, sighting, usage

DAY = 86_400  # seconds
SECOND = 1_000_000  # microseconds
REFRESHED = 60 * SECOND  # how long ago a day ago may have been
SHARDS = 16  # rows of one caller that PostgreSQL lets change at a time; SQLite has one writer
AGAIN = 3_600  # seconds after which an identifier may be worth asking about again


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one caller may ask in a day.

    Attributes:
        caller: Tenant and name.
        quota: Applications; None without limit.
        each: Applications that carry the same identifier; None without limit.
        shared: Kinds of identifiers that many people share, of which there may be any number.
    """

    caller: str
    quota: int | None
    each: int | None
    shared: frozenset[str] = frozenset()


@dataclass(slots=True)
class Yesterday:
    """The last event and decision that were received more than a day ago."""

    event: int = 0
    decision: int = 0
    at: int = field(default=-REFRESHED)

    def refresh(self, connection: Connection, at: int) -> None:
        """Find them anew, unless that was done just now."""
        if at - self.at < REFRESHED:
            return
        before = at - DAY * SECOND
        self.event = last_before(connection, event.c.id, event.c.received_at, before)
        self.decision = last_before(connection, decision.c.number, decision.c.received_at, before)
        self.at = at


def last_before(connection: Connection, number: Column[int], received: Column[int], at: int) -> int:
    """Find the greatest number that was received before a moment: both grow together."""
    low, high = 0, connection.scalar(select(func.max(number))) or 0
    while low < high:
        middle = (low + high + 1) // 2
        last = select(received).where(number <= middle).order_by(number.desc()).limit(1)
        found = connection.scalar(last)
        if found is None or found < at:
            low = middle
        else:
            high = middle - 1
    return low


def count_caller(connection: Connection, limits: Limits, applications: int, at: int) -> None:
    """Count what a caller asks today.

    Raises:
        QuotaExceeded: It is more than it may; nothing of it must be kept.
    """
    if limits.quota is None:
        return
    day = at // (DAY * SECOND)
    row = {"caller": limits.caller, "day": day, "shard": shard(connection), "more": applications}
    [(asked,)] = fetch(connection, counting_callers(connection.dialect.name), row)
    if connection.dialect.name == "postgresql":
        asked = connection.scalar(of_caller(), {"caller": limits.caller, "day": day})
    if asked > limits.quota:
        left = (day + 1) * DAY - at // SECOND
        raise QuotaExceeded(f"more than {limits.quota} applications in a day", seconds=left)


def shard(connection: Connection) -> int:
    return os.getpid() % SHARDS if connection.dialect.name == "postgresql" else 0


@cache
def of_caller() -> Select:
    return select(func.sum(usage.c.asked)).where(
        usage.c.caller == bindparam("caller"), usage.c.day == bindparam("day")
    )


@cache
def counting_callers(dialect: str) -> Any:
    made = (postgresql if dialect == "postgresql" else sqlite).insert(usage)
    more = made.values(
        caller=bindparam("caller"),
        day=bindparam("day"),
        shard=bindparam("shard"),
        asked=bindparam("more"),
    )
    return more.on_conflict_do_update(
        index_elements=[usage.c.caller, usage.c.day, usage.c.shard],
        set_={"asked": usage.c.asked + more.excluded.asked},
    ).returning(usage.c.asked)


@cache
def counting_probes(dialect: str) -> Any:
    made = (postgresql if dialect == "postgresql" else sqlite).insert(probe)
    more = made.values(
        pseudonym=bindparam("value"), day=bindparam("day"), asked=literal_column("1")
    )
    return more.on_conflict_do_update(
        index_elements=[probe.c.pseudonym, probe.c.day],
        set_={"asked": probe.c.asked + more.excluded.asked},
    ).returning(probe.c.asked)


def count_probe(connection: Connection, value: bytes, at: int) -> int:
    """Count a test that carries an identifier, and say how many there were today.

    Those of earlier days are erased as the first of a day comes.
    """
    day = at // (DAY * SECOND)
    row = {"value": value, "day": day}
    [(asked,)] = fetch(connection, counting_probes(connection.dialect.name), row)
    if asked == 1:
        connection.execute(delete(probe).where(probe.c.day < day))
        connection.execute(delete(usage).where(usage.c.day < day))
    return int(asked)


def asked_about(
    connection: Connection, numbers: Collection[int], yesterday: Yesterday, at: int
) -> Mapping[int, int]:
    """Count how often identifiers were asked about within a day, of those that were at all."""
    if not numbers:
        return {}
    yesterday.refresh(connection, at)
    values: dict[str, Any] = {f"number_{place}": each for place, each in enumerate(numbers)}
    values |= {"event": yesterday.event, "decision": yesterday.decision}
    counted: dict[int, int] = {}
    for number, times in fetch(connection, counts_of(len(numbers)), values):
        counted[number] = counted.get(number, 0) + times
    return counted


@cache
def counts_of(number: int) -> CompoundSelect:
    """Ask how often each of so many identifiers was seen since."""
    wanted: list[BindParameter[int]] = [bindparam(f"number_{place}") for place in range(number)]
    return union_all(
        select(sighting.c.entity_id, func.count())
        .where(sighting.c.entity_id.in_(wanted), sighting.c.event_id > bindparam("event"))
        .group_by(sighting.c.entity_id),
        select(mention.c.entity_id, func.count())
        .where(mention.c.entity_id.in_(wanted), mention.c.decision_number > bindparam("decision"))
        .group_by(mention.c.entity_id),
    )


def over(
    names: Sequence[Iterable[bytes]], before: Mapping[bytes, int], each: int
) -> Iterator[AskedAboutTooOften | None]:
    """Say of applications, in their order, which are about an identifier asked about too often.

    Args:
        names: Of each application, what stands for its identifiers that count.
        before: How often each was asked about before the first of them.
        each: How often each may be.
    """
    counted = dict(before)
    for some in names:
        held = [*some]
        if any(counted.get(name, 0) >= each for name in held):
            yield AskedAboutTooOften(f"more than {each} applications in a day", seconds=AGAIN)
            continue
        for name in held:
            counted[name] = counted.get(name, 0) + 1
        yield None
