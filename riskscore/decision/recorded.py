"""Record a file of applications: each is decided and remembered as if it was sent over HTTP."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.decision.ledger import TOGETHER, Decided, Judge, check_moment, decide
from riskscore.decision.portfolio import Tally
from riskscore.decision.portfolio_files import (
    Answers,
    Part,
    check_columns,
    judge_rows,
    read_rows,
    refused_rows,
    scored_rows,
    writers,
)
from riskscore.errors import DataInvalid, InvalidApplication
from riskscore.model.bundle import Bundle
from riskscore.model.scale import LEVELS, RECOMMENDATIONS
from riskscore.product.application import Application
from riskscore.product.headers import found_instead
from riskscore.product.moments import now
from riskscore.product.parsing import Moments
from riskscore.product.rows import Batch, as_sent
from riskscore.product.spec import Product
from riskscore.product.tables import column_names, is_text

BATCH = 8_192  # rows read at a time


class Sent(NamedTuple):
    """An application, and its row in the part that was read."""

    row: int
    application: Application


class Answered(NamedTuple):
    """What was decided about a row."""

    row: int
    decided: Decided


def record_portfolio(  # noqa: PLR0913 - keywords of one command
    judge: Judge,
    path: Path,
    out: Path,
    *,
    tenant: str,
    reasons: bool = True,
    language: str = "en",
) -> Generator[Tally]:
    """Decide the rows of a file in their order, a few in one transaction.

    Args:
        judge: Model and store.
        path: As ``score_portfolio`` reads it, each row with its reference.
        out: As ``score_portfolio`` writes it, with the id of each decision; null for a test, of
            which nothing is stored. When the run ends early, it holds every row decided so far.
        tenant: Whose applications they are.
        reasons: False leaves them out of the file; they are stored all the same.
        language: Of the reason texts.

    Yields:
        The tally after each transaction: so many rows are on disk.

    Raises:
        DataUnreadable: It is no table.
        DataInvalid: A column that every row must have is absent.
        StoreUnavailable: The store failed.
    """
    check_columns(judge.bundle.product, path)
    check_named(path)
    tally = Tally()
    grouped = judge.bundle.cutter is not None
    with writers(path, out, grouped=grouped, recorded=True) as write:
        for rows in read_rows(judge.bundle.product, path, rows=BATCH):
            part = judge_rows(judge.bundle.product, rows, text=is_text(path))
            answered: list[Answered] = []
            reached = 0
            try:
                for chunk in chunks(judge, part):
                    sent = [each.application for each in chunk]
                    found = decide(judge, sent, tenant=tenant, language=language)
                    decided = [each for each in found if isinstance(each, Decided)]
                    answered += map(Answered, (each.row for each in chunk), decided)
                    reached = chunk[-1].row + 1
                    tally.scored += len(chunk)
                    yield tally
                reached = part.batch.rows
            finally:
                refused = refused_rows(part, until=reached)
                tally.refused += refused.num_rows
                write(_rows(part, answered, judge.bundle, reasons=reasons), refused)
        yield tally


def check_named(path: Path) -> None:
    """Refuse a file whose rows have no references: what is sent twice must count once.

    Raises:
        DataInvalid: It has no such column.
    """
    names = column_names(path)
    if "reference" not in names:
        raise DataInvalid(
            f"{path}: column reference: required to record, so that a row that comes again counts "
            f"once, absent; {found_instead(names, ['reference'])}"
        )


def chunks(judge: Judge, part: Part) -> Iterator[list[Sent]]:
    """Give the applications of a part that go into one transaction; note what is refused."""
    valid = _valid(judge, part.batch)
    while chunk := list(islice(valid, TOGETHER)):
        yield chunk


def _valid(judge: Judge, batch: Batch) -> Iterator[Sent]:
    for sent in applications(judge.bundle.product, batch):
        try:
            check_moment(sent.application, judge.store)
        except InvalidApplication as error:
            for name, expected in error.fields.items():
                batch.refuse([sent.row], f"{name}: {'; '.join(expected)}")
        else:
            yield sent


def applications(product: Product, batch: Batch) -> Iterator[Sent]:
    """Turn the good rows of a batch into what a caller would have sent; made as they are asked for.

    A row without ``occurred_at`` happens now, one without ``purpose`` is an ``onboard``.
    """
    rows = np.flatnonzero(batch.good)
    references = _taken(batch.words["reference"], rows)
    purposes = _taken(batch.words.get("purpose"), rows)
    occurred = _moments(batch.occurred, rows)
    entities = {name: _taken(each, rows) for name, each in batch.identifiers.items()}
    since = {name: _moments(each, rows) for name, each in batch.since.items()}
    features = {each.name: as_sent(each, batch.columns[each.name][rows]) for each in product.inputs}
    for place, row in enumerate(rows.tolist()):
        at = occurred[place]
        yield Sent(
            row,
            Application(
                reference=references[place],
                occurred_at=now() if at is None else at,
                purpose=purposes[place] or "onboard",
                entities=_at(place, entities),
                since=_at(place, since),
                features=_at(place, features),
            ),
        )


def _taken(words: pa.Array | None, rows: NDArray[np.int64]) -> Sequence[Any]:
    return [None] * len(rows) if words is None else words.take(pa.array(rows)).to_pylist()


def _moments(moments: Moments | None, rows: NDArray[np.int64]) -> Sequence[int | None]:
    if moments is None:
        return [None] * len(rows)
    known = zip(moments.moments[rows].tolist(), moments.missing[rows].tolist(), strict=True)
    return [None if missing else moment for moment, missing in known]


def _at(place: int, columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Take what one row has of some columns."""
    return {name: each[place] for name, each in columns.items() if each[place] is not None}


def _rows(
    part: Part, answered: Sequence[Answered], bundle: Bundle, *, reasons: bool
) -> pa.RecordBatch | None:
    if not answered:
        return None
    said = [each.decided.assessment for each in answered]
    answers = Answers(
        scores=np.array([each.score for each in said], np.int64),
        probabilities=np.array([each.probability for each in said], np.float64),
        levels=np.array([LEVELS.index(each.level) for each in said], np.int64),
        recommendations=np.array(
            [RECOMMENDATIONS.index(each.recommendation) for each in said], np.int64
        ),
        coverage=np.array([each.coverage for each in said], np.float64),
        reasons=[each.reasons for each in said] if reasons else None,
        thresholds=None if bundle.cutter is None else [each.thresholds for each in said],
    )
    keys = part.keys.take(pa.array([each.row for each in answered]))
    return scored_rows(keys, answers, bundle.version, [_id(each.decided) for each in answered])


def _id(decided: Decided) -> str | None:
    return None if decided.decision_id is None else str(decided.decision_id)
