"""What a model should not have known: columns, entities, moments and scores that give it away."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.model.bundle import Bundle
from riskscore.product.identifiers import BadIdentifier, canonical
from riskscore.product.moments import moment_in_file
from riskscore.product.parsing import parse_moments, texts
from riskscore.product.spec import Entity
from riskscore.product.tables import column_names, read_batches
from training.assess.intervals import Record
from training.datasets import Dataset
from training.separation import separations

MOST = 10


def leakage(bundle: Bundle, rows: Dataset) -> Record:
    """Say what knows too much, what is later than its row, and who stands on both sides."""
    return {
        "columns": columns(rows),
        "later_than_the_row": later(rows),
        "entities": entities(bundle, rows),
        "upstream_in_sample": in_sample(rows),
    }


def columns(rows: Dataset) -> list[Record]:
    """Name the columns that separate best on their own, the best first."""
    found = separations(rows.matrix, rows.labels, rows.weights)
    named = zip([each.name for each in rows.product.columns], found, strict=True)
    best = sorted(named, key=lambda each: -max(each[1].auc, each[1].tpr))[:MOST]
    return [{"name": name, "auc": one.auc, "tpr_at_0.1": one.tpr} for name, one in best]


def later(rows: Dataset) -> list[Record]:
    """Count the rows whose ``<entity>_since`` is later than they are themselves."""
    if rows.times is None:
        return []
    names = column_names(rows.file)
    found = []
    for name in (f"{each.name}_since" for each in rows.product.entities):
        if name in names:
            parsed = parse_moments(_column(rows, name))
            after = ~parsed.missing & ~parsed.refused & (parsed.moments > rows.times)
            found.append({"name": name, "rows": int(after.sum())})
    return found


def entities(bundle: Bundle, rows: Dataset) -> list[Record]:
    """Say how many later rows share an entity with those that the bundle learned from.

    Only a file that holds both can tell. Sharing is no fault where identifiers come back in
    life, too; a random split of such rows is.
    """
    until = bundle.manifest.get("split", {}).get("calibrate", {}).get("to")
    if until is None or rows.times is None:
        return []
    early = rows.times <= moment_in_file(until)
    if early.all() or not early.any():
        return []
    names = column_names(rows.file)
    there = [each for each in rows.product.entities if each.name in names]
    return [_shared(each, rows, early) for each in there]


def in_sample(rows: Dataset) -> list[Record]:
    """Name the upstream bundles that were fitted on the time of rows that hold their scores."""
    if rows.times is None:
        return []
    first = int(rows.times.min())
    return [
        {"product": each.product, "version": each.version}
        for each in rows.upstreams
        if each.until is not None and moment_in_file(each.until) >= first
    ]


def _shared(entity: Entity, rows: Dataset, early: NDArray[np.bool_]) -> Record:
    values = np.array([_canonical(each, entity) for each in texts(_column(rows, entity.name))])
    seen = np.isin(values, values[early]) & (values != "")
    late = ~early
    frauds = late & (rows.labels == 1)
    return {
        "name": entity.name,
        "share_of_rows": float(seen[late].mean()),
        "share_of_frauds": float(seen[frauds].mean()) if frauds.any() else None,
    }


def _canonical(text: str | None, entity: Entity) -> str:
    try:
        return "" if text is None else canonical(text, entity.format)
    except BadIdentifier:
        return ""


def _column(rows: Dataset, name: str) -> pa.Array:
    parts = [batch[name] for batch in read_batches(rows.file, only=[name])]
    whole = pa.chunked_array(parts).combine_chunks()
    return whole.take(pa.array(rows.rows))
