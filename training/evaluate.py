"""Judge a bundle on labelled rows, and warn when it was fitted on them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from riskscore.errors import BundleMismatch
from riskscore.model.bundle import (
    CHAMPION,
    Bundle,
    champion_version,
    check_product,
    load_bundle,
    load_champion,
)
from riskscore.product.outputs import check_output
from riskscore.product.parsing import texts
from riskscore.product.tables import column_names, read_batches, writer
from training import sketch
from training.assess.intervals import Drawing
from training.assess.whole import assessment
from training.datasets import Dataset, Places, Source
from training.judge import Answers, figures, served
from training.read import read_dataset

REFERENCE, ROW = "reference", "row"
BATCH = 65_536  # rows written at a time


class Evaluation(NamedTuple):
    """A bundle's figures on some rows, and how far it was fitted on them."""

    figures: dict[str, Any]
    seen: sketch.Overlap


class Depth(NamedTuple):
    """Beyond the plain figures: how intervals are drawn, and slices by which inputs."""

    how: Drawing
    by: tuple[str, ...] = ()


def evaluate(
    folder: Path, source: Source, *, out: Path | None = None, depth: Depth | None = None
) -> Evaluation:
    """Judge a bundle.

    Args:
        folder: A version's folder, or a product's, whose champion is judged.
        source: The rows.
        out: Where the answer to each row goes: csv or parquet, by the suffix.
        depth: Intervals, weeks, slices, fairness, stability and leakage, too.

    Raises:
        DataError, TrainingError, StartupError: As the message says.
    """
    if out is not None:
        check_output(out, source.path, source.truth)
    bundle = load(folder)
    dataset = open_rows(bundle, folder, source)
    given = served(bundle, dataset)
    if out is not None:
        write_answers(dataset, given, out)
    about = {"product": bundle.product.name, "version": bundle.version, "label": dataset.label}
    found = about | figures(bundle, dataset, given)
    if depth is not None:
        found |= assessment(bundle, dataset, given, by=depth.by, how=depth.how)
    return Evaluation(found, seen(bundle, dataset))


def open_rows(bundle: Bundle, folder: Path, source: Source) -> Dataset:
    """Read rows for a bundle, whose models folder declares what it looks at."""
    declarations = (*source.declarations, models_of(folder))
    return read_dataset(bundle.product, replace(source, declarations=declarations))


def load(folder: Path) -> Bundle:
    """Load a bundle, or the champion where the folder is a product's."""
    check_product(folder)
    return load_champion(folder) if (folder / CHAMPION).exists() else load_bundle(folder)


def folder_of(folder: Path) -> Path:
    """Return the folder of a version, which may have been named by that of its product.

    Raises:
        StartupError: The champion cannot be told.
    """
    check_product(folder)
    return folder / champion_version(folder) if (folder / CHAMPION).exists() else folder


def models_of(folder: Path) -> Path:
    """Return the models folder of a bundle; its other champions declare what it looks at."""
    folder = folder.resolve()
    return folder.parent if (folder / CHAMPION).exists() else folder.parent.parent


def seen(bundle: Bundle, dataset: Dataset) -> sketch.Overlap:
    """Estimate which share of the rows a bundle was fitted on.

    Raises:
        BundleMismatch: The bundle does not say.
    """
    try:
        kept = sketch.from_record(bundle.manifest["rows_seen"])
    except (KeyError, TypeError, ValueError) as error:
        raise BundleMismatch(f"version {bundle.version}: no rows_seen in its manifest") from error
    return sketch.overlap(kept, dataset.matrix)


def write_answers(dataset: Dataset, given: Answers, out: Path) -> None:
    """Write reference (or row, from 1), margin, probability and score of each row."""
    keys = _keys(dataset)
    schema = pa.schema(
        [
            (keys.name, pa.string() if keys.name == REFERENCE else pa.int64()),
            ("margin", pa.float64()),
            ("probability", pa.float64()),
            ("score", pa.int64()),
        ]
    )
    columns = [keys.values, given.margins.astype(np.float64), given.probabilities, given.scores]
    table = pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema)
    with writer(out, schema) as write:
        for batch in table.to_batches(BATCH):
            write(batch)


class Keys(NamedTuple):
    """What names the rows, and its values, shape (n_rows,)."""

    name: str
    values: pa.Array


def _keys(dataset: Dataset) -> Keys:
    if REFERENCE not in column_names(dataset.file):
        return Keys(ROW, pa.array(dataset.rows + 1))
    references = pa.concat_arrays(list(_references(dataset.file, dataset.rows)))
    return Keys(REFERENCE, references)


def _references(path: Path, rows: Places) -> Iterator[pa.Array]:
    """Read the references of some rows, in the file's order."""
    before = 0
    for batch in read_batches(path, only=[REFERENCE]):
        ours = rows[(rows >= before) & (rows < before + batch.num_rows)] - before
        yield pa.array(texts(batch[REFERENCE].take(pa.array(ours))), pa.string())
        before += batch.num_rows
