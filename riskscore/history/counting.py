"""An application becomes an event, and stands beside each of its identifiers from then on."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, update

from riskscore.history.desk import Desk
from riskscore.history.engine import to_json
from riskscore.history.glances import Glances
from riskscore.history.prepared import put, put_numbered, run
from riskscore.history.schema import event, sighting, verdict
from riskscore.history.sharing import Numbers
from riskscore.history.streams import first_counted
from riskscore.product.application import Application

SCORED = update(event).where(event.c.id == bindparam("event")).values(score=bindparam("as_served"))


class Counted(NamedTuple):
    """An application that became an event, and the numbers of its identifiers by entity name."""

    event: int
    stream: int
    occurred_at: int
    features: Mapping[str, Any]
    numbers: Mapping[str, int]


def count(desk: Desk, application: Application, numbers: Mapping[str, int], shared: Numbers) -> int:
    """Make an application an event, and put it beside each of its identifiers."""
    given = {each.name: shared[each.name] for each in desk.terms.gives}
    stream = first_counted(desk.connection, desk.streams.of(desk.product), application.occurred_at)
    desk.streams.by_product[desk.product] = stream
    row = event_row(application, stream.id, numbers, desk.received_at)
    row["partners"] = to_json(given) if given else None
    number = put_numbered(desk.connection, event, row)
    desk.events[application.reference] = number
    known = Counted(number, stream.id, application.occurred_at, application.features, numbers)
    put(desk.connection, sighting, sightings(known, desk.plan.glances, given))
    for each in desk.outcomes.get(application.reference, ()):
        put_beside(desk.connection, each._asdict(), number, all_numbers(numbers, given))
    return number


def note_scores(connection: Connection, scores: Mapping[int, int]) -> None:
    """Remember the score that each event was served."""
    rows = [{"event": number, "as_served": score} for number, score in scores.items()]
    if rows:
        run(connection, SCORED, rows)


def event_row(
    application: Application, stream: int, numbers: Mapping[str, int], received_at: int
) -> dict[str, Any]:
    return {
        "stream_id": stream,
        "reference": application.reference,
        "occurred_at": application.occurred_at,
        "received_at": received_at,
        "features": sent(application),
        "entities": numbers,
    }


def sent(application: Application) -> dict[str, Any]:
    return {name: value for name, value in application.features.items() if value is not None}


def all_numbers(numbers: Mapping[str, int], shared: Numbers | None) -> set[int]:
    """Gather the numbers of an event's identifiers, under whatever key."""
    held = (numbers, *(shared or {}).values())
    return {number for each in held for number in each.values()}


def sightings(
    known: Counted, glances: Glances, shared: Numbers | None = None
) -> list[dict[str, Any]]:
    """Put an event beside each of its identifiers, under whatever key."""
    held = (known.numbers, *(shared or {}).values())
    asking = {each[name] for each in held for name in each if name in glances.entities}
    glance = glances.at(known.features, known.numbers) if asking else None
    return [
        {
            "entity_id": number,
            "stream_id": known.stream,
            "occurred_at": known.occurred_at,
            "event_id": known.event,
            "glance": glance if number in asking else None,
        }
        for number in all_numbers(known.numbers, shared)
    ]


def put_beside(
    connection: Connection, found: Mapping[str, Any], event_id: int, numbers: Iterable[int]
) -> None:
    """Put an outcome beside each identifier of its application."""
    rows = [
        {
            "entity_id": number,
            "stream_id": found["stream_id"],
            "known_at": found["known_at"],
            "outcome_id": found["id"],
            "event_id": event_id,
            "label": found["label"],
        }
        for number in set(numbers)
    ]
    put(connection, verdict, rows)
