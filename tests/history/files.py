"""A stream as an event folder."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.history.oracle import Application, Outcome

TIME = pa.timestamp("us", tz="UTC")
ENTITIES = ("sender", "phone", "depot", "agent")
FEATURES = ("weight", "express", "size", "urgency")


def write_events(
    folder: Path, applications: Sequence[Application], outcomes: Sequence[Outcome] = ()
) -> Path:
    """Write one file per product that occurs, and the outcomes if there are any."""
    folder.mkdir(parents=True, exist_ok=True)
    for product in {each.product for each in applications}:
        rows = [each for each in applications if each.product == product]
        pq.write_table(applications_table(rows), folder / f"{product}.parquet")
    if outcomes:
        pq.write_table(outcomes_table(outcomes), folder / "outcomes.parquet")
    return folder


def applications_table(rows: Sequence[Application]) -> pa.Table:
    columns = {
        "reference": pa.array([each.reference for each in rows]),
        "occurred_at": pa.array([each.occurred for each in rows], pa.int64()).cast(TIME),
        "received_at": pa.array([each.received for each in rows], pa.int64()).cast(TIME),
        "tenant": pa.array([each.tenant for each in rows]),
        "purpose": pa.array([each.purpose for each in rows]),
        "score": pa.array([each.score for each in rows], pa.float64()),
    }
    for name in ENTITIES:
        columns[name] = pa.array([each.entities.get(name) for each in rows], pa.string())
        since = pa.array([each.since.get(name) for each in rows], pa.int64())
        columns[f"{name}_since"] = since.cast(TIME)
    for name in FEATURES:
        columns[name] = pa.array([each.features.get(name) for each in rows])
    return pa.table(columns)


def outcomes_table(rows: Sequence[Outcome]) -> pa.Table:
    return pa.table(
        {
            "product": [each.product for each in rows],
            "reference": [each.reference for each in rows],
            "status": [each.status for each in rows],
            "known_at": pa.array([each.known for each in rows], pa.int64()).cast(TIME),
            "received_at": pa.array([each.received for each in rows], pa.int64()).cast(TIME),
            "tenant": [each.tenant for each in rows],
        }
    )
