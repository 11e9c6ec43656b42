"""Read a labelled table: one row per application, its label beside its features."""

import numpy as np

from riskscore.product.headers import found_instead
from riskscore.product.rules import OURS
from riskscore.product.spec import Product
from riskscore.product.tables import column_names, is_text
from training.datasets import Dataset, Source
from training.errors import ColumnsMissing, LabelsInvalid, OptionInvalid
from training.labels import check_both, parse_labels, parse_weights
from training.matrix import needed, read_table
from training.receipts import read_times
from training.truth import labels_of, read_truth
from training.upstream import in_metadata

WEIGHT, TIME, REFERENCE = "weight", "occurred_at", "reference"


def read_labelled(product: Product, source: Source) -> Dataset:
    """Read a csv file, a parquet file or a folder of parquet parts.

    Raises:
        DataUnreadable, DataInvalid: The file is no table or breaks the declaration.
        ColumnsMissing, LabelsInvalid: A declared column or the labels are not there, or wrong.
        OptionInvalid: ``as_of`` is for event folders.
    """
    path, names = source.path, column_names(source.path)
    _check(product, source, names)
    time = source.time or (TIME if TIME in names else None)
    weight = WEIGHT if WEIGHT in names and WEIGHT not in needed(product) else None
    beside = {time, weight, REFERENCE if source.truth else source.label} - {None}
    wanted = sorted(each for each in beside if each)
    table = read_table(product, path, beside=wanted, scratch=source.scratch)
    rows = len(table.matrix)
    if source.truth:
        labels = labels_of(table.others[REFERENCE], read_truth(source.truth, product.name), path)
    else:
        labels = parse_labels(table.others[source.label], path, source.label)
    check_both(labels, str(path))
    return Dataset(
        product=product,
        matrix=table.matrix,
        labels=labels,
        weights=parse_weights(table.others[weight], path, weight, text=is_text(path))
        if weight
        else np.ones(rows),
        times=read_times(table.others[time], path, time) if time else None,
        rows=np.arange(rows),
        file=path,
        label=str(source.truth) if source.truth else source.label,
        upstreams=in_metadata(path),
        ignored=tuple(_ignored(product, names, {source.label, *beside})),
    )


def _check(product: Product, source: Source, names: list[str]) -> None:
    declared = {each.name for each in (*product.inputs, *product.history, *product.derived)}
    path = source.path
    if given := source.about_events:
        raise OptionInvalid(f"{path}: {given[0]}: only an event folder knows what was when")
    if source.time is not None and source.time not in names:
        raise ColumnsMissing(
            f"{path}: no time column {source.time!r}; {found_instead(names, [source.time])}"
        )
    if source.truth and REFERENCE not in names:
        raise ColumnsMissing(f"{path}: no column {REFERENCE!r} to find the truth by")
    if source.truth:
        return
    if source.label in declared:
        raise LabelsInvalid(
            f"{path}: label column {source.label!r} is a declared feature of {product.name}"
        )
    if source.label not in names:
        raise LabelsInvalid(
            f"{path}: no label column {source.label!r}; name it with --label; "
            f"{found_instead(names, [source.label])}"
        )


def _ignored(product: Product, names: list[str], used: set[str | None]) -> list[str]:
    known = {each.name for each in (*product.inputs, *product.history, *product.entities)}
    known |= {f"{each.name}_since" for each in product.entities} | OURS
    return [name for name in names if name not in known and name not in used]
