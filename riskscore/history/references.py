"""Which references the store knows: those that counted, and those that only have outcomes."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import cache

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    Row,
    bindparam,
    cast,
    null,
    select,
    union_all,
)

from riskscore.history.desk import Desk
from riskscore.history.prepared import fetch
from riskscore.history.schema import event, outcome, whole

STREAM: BindParameter[int] = bindparam("stream")


def look_up_references(desk: Desk, references: Iterable[str]) -> None:
    """Find which references counted before; and which did not, but have outcomes already."""
    wanted = list(references)
    stream = desk.streams.of(desk.product).id
    values = {f"reference_{place}": each for place, each in enumerate(wanted)}
    found = fetch(desk.connection, of_references(len(wanted)), {"stream": stream, **values})
    desk.events = {reference: number for reference, number in found if number is not None}
    judged = {reference for reference, number in found if number is None}
    desk.outcomes = outcomes_of(desk.connection, stream, judged) if judged else {}


@cache
def of_references(number: int) -> CompoundSelect:
    """Ask for the events of so many references, and whether they have outcomes."""
    wanted: list[BindParameter[str]] = [bindparam(f"reference_{place}") for place in range(number)]
    return union_all(
        select(event.c.reference, event.c.id).where(
            event.c.stream_id == STREAM, event.c.reference.in_(wanted)
        ),
        select(outcome.c.reference, cast(null(), whole)).where(
            outcome.c.stream_id == STREAM, outcome.c.reference.in_(wanted)
        ),
    )


def outcomes_of(
    connection: Connection, stream: int, references: Collection[str]
) -> dict[str, list[Row]]:
    outcomes: dict[str, list[Row]] = defaultdict(list)
    said = select(outcome).where(outcome.c.stream_id == stream, outcome.c.reference.in_(references))
    for row in connection.execute(said):
        outcomes[row.reference].append(row)
    return outcomes
