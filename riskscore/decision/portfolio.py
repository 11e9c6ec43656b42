"""Score a file of any size: what can be scored into one file, what must be refused into another.

Only the command line imports this: pyarrow stays out of a serving worker.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from riskscore.decision.judgement import Judgement, explain, judged
from riskscore.decision.portfolio_files import (
    Answers,
    Part,
    check_columns,
    read_parts,
    refused_rows,
    scored_rows,
    writers,
)
from riskscore.model.bundle import Bundle
from riskscore.model.reasons import Reason
from riskscore.model.scale import level_places, recommendation_places
from riskscore.product.encode import Matrix, complete, rounded
from riskscore.product.overlap import ahead, behind
from riskscore.product.past import Past
from riskscore.product.spec import Product
from riskscore.product.values import Values

BATCH = 65_536  # rows scored at a time


@dataclass(slots=True)
class Tally:
    """How far a portfolio is."""

    scored: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        return self.scored + self.refused


class Ready(NamedTuple):
    """Rows of a file made ready for the model: those that can be scored, in their order."""

    part: Part
    keys: pa.Array
    exact: Values
    matrix: Matrix


def score_portfolio(  # noqa: PLR0913 - keywords of one command
    bundle: Bundle,
    path: Path,
    out: Path,
    *,
    past: Past | None = None,
    reasons: bool = True,
    language: str = "en",
) -> Generator[Tally]:
    """Score a file, batch by batch in bounded memory; reading and writing go on beside the model.

    Args:
        bundle: The model.
        path: csv, parquet, or a folder of parquet parts; one column per input and entity.
        out: csv or parquet by its suffix: reference (or row, from 1), score, probability, level,
            recommendation, coverage, reasons (JSON), model. What is refused stands beside it, in a
            file that is there only if something was.
        past: Of every row of the file; None where there is no store to ask.
        reasons: False leaves them empty and saves most of the time.
        language: Of the reason texts.

    Yields:
        The tally after each batch.

    Raises:
        DataUnreadable: It is no table.
        DataInvalid: A column that every row must have is absent.
    """
    check_columns(bundle.product, path)
    tally = Tally()
    with writers(path, out) as write:

        def finish(ready: Ready, judgement: Judgement, told: list[list[Reason]] | None) -> None:
            some = _scored(ready, judgement, told, bundle.version) if len(ready.exact) else None
            write(some, refused_rows(ready.part))

        with behind(finish) as later:
            for ready in ahead(_made_ready(bundle.product, path, past)):
                margins = bundle.trees.margins(ready.matrix)
                judgement = judged(bundle, ready.exact, ready.matrix, margins)
                told = explain(bundle, judgement, language) if reasons else None
                later(ready, judgement, told)
                tally.scored += len(ready.exact)
                tally.refused += len(ready.part.batch.problems)
                yield tally


def _made_ready(product: Product, path: Path, past: Past | None) -> Iterator[Ready]:
    for part in read_parts(product, path, rows=BATCH, timed=past is not None):
        keys, columns, good = part.keys, part.batch.columns, part.batch.good
        if not good.all():
            keys = keys.filter(pa.array(good))
            columns = {name: each[good] for name, each in columns.items()}
        exact = complete(
            product, columns | _seen(product, past, part.before + np.flatnonzero(good))
        )
        yield Ready(part, keys, exact, rounded(exact))


def _seen(product: Product, past: Past | None, places: np.ndarray) -> dict[str, Values]:
    """Give the history columns of some rows, unknown where there is no store to ask."""
    if past is None:
        return dict.fromkeys((each.name for each in product.history), np.full(len(places), np.nan))
    return {name: each[places] for name, each in past.values.items()}


def _scored(
    ready: Ready, judgement: Judgement, reasons: list[list[Reason]] | None, version: str
) -> pa.RecordBatch:
    answers = Answers(
        scores=judgement.scores,
        probabilities=judgement.probabilities,
        levels=level_places(judgement.scores),
        recommendations=recommendation_places(judgement.scores, judgement.block_score),
        coverage=judgement.coverage,
        reasons=reasons,
    )
    return scored_rows(ready.keys, answers, version)
