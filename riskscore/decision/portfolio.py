"""Score a file of any size: what can be scored into one file, what must be refused into another.

Only the command line imports this: pyarrow stays out of a serving worker.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.decision.judgement import judged
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
from riskscore.model.reasons_of_rows import reasons_of_rows
from riskscore.model.scale import level_places, recommendation_places
from riskscore.model.trees import Trees
from riskscore.product.encode import Matrix, complete, rounded
from riskscore.product.overlap import ahead, behind
from riskscore.product.past import Past
from riskscore.product.spec import Product
from riskscore.product.values import Values

BATCH, EXPLAINED = 16_384, 8_192  # rows scored at a time, and with reasons, which take room


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


class Said(NamedTuple):
    """What the trees say: as ``Trees.explain`` gives it, or margins alone."""

    margins: NDArray[np.float32]
    contributions: NDArray[np.float32] | None


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
    tally, rows = Tally(), EXPLAINED if reasons else BATCH
    with writers(path, out) as write:

        def finish(ready: Ready, said: Said) -> None:
            some = _scored(bundle, ready, said, language) if len(ready.exact) else None
            write(some, refused_rows(ready.part))

        with behind(finish) as later:
            for ready in ahead(_made_ready(bundle.product, path, past, rows)):
                later(ready, _asked(bundle.trees, ready.matrix, reasons=reasons))
                tally.scored += len(ready.exact)
                tally.refused += len(ready.part.batch.problems)
                yield tally


def _made_ready(product: Product, path: Path, past: Past | None, rows: int) -> Iterator[Ready]:
    for part in read_parts(product, path, rows=rows, timed=past is not None):
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


def _asked(trees: Trees, matrix: Matrix, *, reasons: bool) -> Said:
    if reasons:
        return Said(*trees.explain(matrix))
    return Said(trees.margins(matrix), None)


def _scored(bundle: Bundle, ready: Ready, said: Said, language: str) -> pa.RecordBatch:
    judgement = judged(bundle, ready.exact, ready.matrix, said.margins)
    answers = Answers(
        scores=judgement.scores,
        probabilities=judgement.probabilities,
        levels=level_places(judgement.scores),
        recommendations=recommendation_places(judgement.scores, judgement.block_score),
        coverage=judgement.coverage,
        reasons=_reasons(bundle.product, ready, said, language),
    )
    return scored_rows(ready.keys, answers, bundle.version)


def _reasons(
    product: Product, ready: Ready, said: Said, language: str
) -> list[list[Reason]] | None:
    if said.contributions is None:
        return None
    shares = said.contributions[:, 0, :-1]
    return reasons_of_rows(product, shares, ready.exact, language=language)
