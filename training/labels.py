"""Labels and weights of a labelled table, read strictly: a wrong one would be learned, too."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.product.parsing import parse_quantity
from riskscore.product.refusals import Refusals
from riskscore.product.values import Values
from training.errors import LabelsInvalid

Labels = NDArray[np.int8]  # 1 fraud, 0 not
FLOAT32 = float(np.finfo(np.float32).max)
WORDS = {"0": 0, "0.0": 0, "false": 0, "1": 1, "1.0": 1, "true": 1}


def parse_labels(column: pa.Array, path: Path, name: str) -> Labels:
    """Read a label column: 0 and 1, as numbers, flags or text.

    Raises:
        LabelsInvalid: A label is missing or another value.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    written = column.cast(pa.string()).dictionary_encode()
    words = [word.strip().lower() for word in written.dictionary.to_pylist()]
    codes = np.array([*(WORDS.get(word, -1) for word in words), -1], np.int8)
    blank = np.array([*(word in {"", "nan"} for word in words), True], bool)
    places = written.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    _refuse(blank[places], path, name, "rows have no label")
    labels: Labels = codes[places]
    _refuse(labels < 0, path, name, "rows have a label other than 0 and 1")
    return labels


def parse_weights(column: pa.Array, path: Path, name: str, *, text: bool) -> Values:
    """Read a weight column: numbers from 0 that float32 holds.

    Raises:
        DataInvalid: A weight is missing, below 0 or no number.
    """
    parsed = parse_quantity(column, text=text)
    refusals = Refusals(path)
    refused = parsed.refused | ~((parsed.values >= 0) & (parsed.values <= FLOAT32))
    refusals.add(name, "a weight, a number from 0 that float32 holds", refused, before=0)
    refusals.check()
    return parsed.values


def check_both(labels: Labels, where: str) -> None:
    """Refuse labels that are all the same, of which nothing can be learned.

    Raises:
        LabelsInvalid: Names the place and the label.
    """
    if len(labels) and labels.min() == labels.max():
        raise LabelsInvalid(
            f"{where}: every one of the {len(labels)} rows has label {labels[0]}; "
            "expected both 0 and 1"
        )


def _refuse(wrong: NDArray[np.bool_], path: Path, name: str, fault: str) -> None:
    if wrong.any():
        first = int(np.argmax(wrong)) + 1
        raise LabelsInvalid(
            f"{path}: column {name}: {int(wrong.sum())} {fault}, the first is row {first}"
        )
