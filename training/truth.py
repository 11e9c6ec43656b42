"""The truth of simulated data, written apart, to judge a model on what really was."""

from pathlib import Path

import pandas as pd
import pyarrow as pa

from riskscore.product.parsing import texts
from riskscore.product.tables import column_names, read_batches
from training.errors import ColumnsMissing, LabelsInvalid
from training.labels import Labels, parse_labels

COLUMNS = ("product", "reference", "label")


def read_truth(path: Path, product: str) -> pd.Series:
    """Read one product's true labels, by reference.

    Raises:
        DataUnreadable: It is no table.
        ColumnsMissing, LabelsInvalid: It has not what a truth file has.
    """
    absent = [name for name in COLUMNS if name not in column_names(path)]
    if absent:
        raise ColumnsMissing(f"{path}: no column {absent[0]!r}; expected {', '.join(COLUMNS)}")
    batches = read_batches(path, only=COLUMNS)
    table = pa.concat_tables(
        [pa.Table.from_batches([each]) for each in batches], promote_options="permissive"
    )
    ours = pd.Series(texts(table["product"].combine_chunks())) == product
    labels = parse_labels(table["label"].combine_chunks(), path, "label")
    references = pd.Series(texts(table["reference"].combine_chunks()))
    truth = pd.Series(labels[ours], index=references[ours])
    return truth[~truth.index.duplicated()]


def labels_of(references: pa.Array, truth: pd.Series, path: Path) -> Labels:
    """Look up the true label of each row.

    Raises:
        LabelsInvalid: The truth does not know a row.
    """
    found = truth.reindex(pd.Index(texts(references), dtype=truth.index.dtype))
    unknown = found.isna().to_numpy()
    if unknown.any():
        raise LabelsInvalid(
            f"{path}: the truth file does not know {int(unknown.sum())} of its rows, "
            f"the first is row {int(unknown.argmax()) + 1}"
        )
    labels: Labels = found.to_numpy("int8")
    return labels
