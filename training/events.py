"""Read an event folder: applications as they came in, labelled by what was found out later."""

from pathlib import Path
from typing import assert_never

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.errors import DataUnreadable
from riskscore.history.folder import COUNTING, OUTCOMES, PURPOSES
from riskscore.product.encode import Matrix
from riskscore.product.parsing import parse_moments, texts
from riskscore.product.refusals import Refusals
from riskscore.product.spec import Product
from riskscore.product.tables import column_names, read_batches
from training.datasets import Dataset, Source
from training.errors import ColumnsMissing, LabelsInvalid, OptionInvalid
from training.found import worth_of_rows
from training.history import past_of
from training.labels import check_both
from training.matrix import read_table
from training.outcomes import DISPUTED, labels_known
from training.receipts import or_default, read_times, received
from training.truth import labels_of, read_truth
from training.unlabelled import Treated, of_unknown, of_unseen

ABOUT = ("reference", "occurred_at", "received_at", "tenant", "purpose")
TIMES = ("occurred_at", "received_at", "known_at")


def is_event_folder(product: Product, path: Path) -> bool:
    return path.is_dir() and (events_of(product, path).exists() or (path / OUTCOMES).exists())


def events_of(product: Product, folder: Path) -> Path:
    return folder / f"{product.name}.parquet"


def read_events(product: Product, source: Source) -> Dataset:
    """Read the applications of a product, each once, at its first receipt for a counting purpose.

    Raises:
        DataUnreadable, DataInvalid: A file is not there, no table, or breaks the declaration.
        ColumnsMissing: A declared column is not there.
        LabelsInvalid: There are no outcomes, or all labels are the same.
    """
    path = events_of(product, source.path)
    if not path.exists():
        raise DataUnreadable(f"{source.path}: no {path.name} beside {OUTCOMES}")
    time = source.time or "occurred_at"
    _check(path, {"reference", "occurred_at", time})
    past = past_of(product, path, source)
    beside = [*ABOUT, *({time} - set(ABOUT))]
    table = read_table(product, path, beside=beside, past=past.values)
    about = applications(table.others, path)
    as_of = source.as_of if source.as_of is not None else latest_time(source.path)
    labels = _labels(product, source, about, as_of)
    times = read_times(table.others[time], path, time)
    wanted = counted(about, as_of) & (labels != DISPUTED)
    rows = about.assign(occurred=times, label=labels)
    treated = _treated(product, source, rows, table.matrix, wanted, as_of)
    wanted &= treated.weights > 0
    if source.first is not None:
        wanted &= times >= source.first
    places = np.flatnonzero(wanted)
    check_both(labels[places], str(path))
    return Dataset(
        product=product,
        matrix=table.matrix if len(places) == len(about) else table.matrix[places],
        labels=labels[places],
        weights=treated.weights[places],
        times=times[places],
        rows=places,
        file=path,
        label=str(source.truth) if source.truth else OUTCOMES,
        as_of=as_of,
        past=past.values,
        upstreams=past.upstreams,
        worth=treated.record or None,
        chances=None if treated.chances is None else treated.chances[places],
    )


def applications(others: dict[str, pa.Array], path: Path) -> pd.DataFrame:
    """Gather what identifies each application: tenant, reference, purpose, received.

    Raises:
        DataInvalid: A reference or a time is missing, or a purpose unknown.
    """
    rows = len(others["reference"])
    refusals = Refusals(path)
    references = texts(others["reference"])
    purposes = or_default(others.get("purpose"), "onboard", rows)
    nameless = np.array([each is None for each in references], bool)
    strange = np.array([each not in PURPOSES for each in purposes], bool)
    refusals.add("reference", "a reference", nameless, before=0)
    refusals.add("purpose", f"one of {', '.join(PURPOSES)}", strange, before=0)
    refusals.check()
    return pd.DataFrame(
        {
            "tenant": or_default(others.get("tenant"), "default", rows),
            "reference": references,
            "purpose": purposes,
            "received": received(others, "occurred_at", path),
        }
    )


def counted(about: pd.DataFrame, as_of: int) -> NDArray[np.bool_]:
    """Tell the first receipt of each application for a counting purpose, if it was by then."""
    counting = about[about["purpose"].isin(COUNTING) & (about["received"] <= as_of)]
    ordered = counting.sort_values("received", kind="stable")
    first = ordered.drop_duplicates(["tenant", "reference"]).index
    mask: NDArray[np.bool_] = about.index.isin(first)
    return mask


def latest_time(folder: Path) -> int:
    """Return the latest of all times in the folder, microseconds UTC.

    Raises:
        DataUnreadable, DataInvalid: A file of it is no table, or holds an unreadable time.
    """
    latest = 0
    for path in sorted(folder.glob("*.parquet")):
        for name in set(TIMES).intersection(column_names(path)):
            for batch in read_batches(path, only=[name]):
                parsed = parse_moments(batch[name])
                latest = max(latest, int(parsed.moments.max()))
    return latest


def _labels(product: Product, source: Source, about: pd.DataFrame, as_of: int) -> np.ndarray:
    if source.truth:
        truth = read_truth(source.truth, product.name)
        references = pa.array(about["reference"], pa.string())
        return labels_of(references, truth, events_of(product, source.path))
    path = source.path / OUTCOMES
    if not path.exists():
        raise LabelsInvalid(f"{source.path}: no {OUTCOMES} to take labels from")
    return labels_known(path, product.name, about, as_of)


def _treated(  # noqa: PLR0913, PLR0917 - all about one set of rows
    product: Product,
    source: Source,
    rows: pd.DataFrame,
    matrix: Matrix,
    wanted: NDArray[np.bool_],
    as_of: int,
) -> Treated:
    """Weigh rows by what is known of them; the truth needs no weights."""
    outcomes = source.path / OUTCOMES
    if source.truth:
        return Treated(np.ones(len(rows)), None, {})
    if source.weighed and source.unlabelled != "clean":
        raise OptionInvalid("--weighed: --unlabelled pu or propensity takes its place")
    match source.unlabelled:
        case "pu":
            return of_unknown(outcomes, product.name, rows, as_of)
        case "propensity":
            return of_unseen(outcomes, product.name, rows, matrix, wanted, as_of)
        case "clean" if source.weighed:
            worth = worth_of_rows(outcomes, product.name, rows, as_of)
            return Treated(worth.weights, None, worth.record)
        case "clean":
            return Treated(np.ones(len(rows)), None, {})
        case _:
            assert_never(source.unlabelled)


def _check(path: Path, needed: set[str]) -> None:
    absent = sorted(needed.difference(column_names(path)))
    if absent:
        raise ColumnsMissing(f"{path}: no column {absent[0]!r}")
