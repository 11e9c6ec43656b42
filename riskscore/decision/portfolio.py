"""Score a file of any size: what can be scored into one file, what must be refused into another.

Only the command line imports this: pyarrow stays out of a serving worker.
"""

import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskscore.decision.judgement import judge
from riskscore.decision.portfolio_files import (
    Answers,
    Part,
    Rows,
    check_columns,
    judge_rows,
    read_rows,
    refused_rows,
    scored_rows,
    writers,
)
from riskscore.model.bundle import Bundle
from riskscore.model.cutting import Cuts
from riskscore.model.reasons_of_rows import reasons_of_rows
from riskscore.model.scale import level_places
from riskscore.product.encode import complete
from riskscore.product.overlap import ahead, behind, side_by_side
from riskscore.product.past import Past
from riskscore.product.tables import is_text
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


def score_portfolio(  # noqa: PLR0913 - keywords of one command
    bundle: Bundle,
    path: Path,
    out: Path,
    *,
    past: Past | None = None,
    reasons: bool = True,
    language: str = "en",
) -> Generator[Tally]:
    """Score a file, batch by batch in bounded memory, as many at a time as there are cores.

    Args:
        bundle: The model, on one thread.
        path: csv, parquet, or a folder of parquet parts; one column per input and entity.
        out: csv or parquet by its suffix: reference (or row, from 1), score, probability, level,
            recommendation, coverage, reasons (JSON), model; thresholds, too, where the bundle has
            some by group. What is refused stands beside it, in a file that is there only if
            something was.
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
    asked = Asked(bundle, past, language if reasons else None, text=is_text(path))
    read = ahead(read_rows(bundle.product, path, rows=rows))
    grouped = bundle.cutter is not None
    with writers(path, out, grouped=grouped) as write, behind(write) as later:
        for part, scored in side_by_side(asked.answered, read, workers=os.cpu_count() or 1):
            refused = refused_rows(part)
            later(scored, refused)
            tally.scored += part.batch.rows - refused.num_rows
            tally.refused += refused.num_rows
            yield tally


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about every row of a file.

    Attributes:
        language: Of the reasons; None if nobody wants any.
        text: Whether the file is a csv file.
        first: The row of the file, from 0, that ``past`` begins with.
    """

    bundle: Bundle
    past: Past | None
    language: str | None
    text: bool
    first: int = 0

    def answered(self, rows: Rows) -> tuple[Part, pa.RecordBatch | None]:
        """Judge rows, and answer those that can be scored."""
        product = self.bundle.product
        part = judge_rows(product, rows, text=self.text, timed=self.past is not None)
        keys, columns, good = part.keys, part.batch.columns, part.batch.good
        if not good.any():
            return part, None
        if not good.all():
            keys = keys.filter(pa.array(good))
            columns = {name: each[good] for name, each in columns.items()}
        seen = self._seen(part.before - self.first + np.flatnonzero(good))
        cutter = self.bundle.cutter
        cuts = None if cutter is None else cutter(columns[cutter.feature.name])
        answers = self._answers(complete(product, columns | seen), cuts)
        return part, scored_rows(keys, answers, self.bundle.version)

    def _seen(self, places: NDArray[np.int64]) -> dict[str, Values]:
        """Give the history columns of some rows, unknown where there is no store to ask."""
        if self.past is None:
            nothing = np.full(len(places), np.nan)
            return dict.fromkeys((each.name for each in self.bundle.product.history), nothing)
        return {name: each[places] for name, each in self.past.values.items()}

    def _answers(self, exact: Values, cuts: Cuts | None) -> Answers:
        reasons, product = None, self.bundle.product
        judgement = judge(self.bundle, exact, cuts=cuts, reasons=self.language is not None)
        if self.language is not None and judgement.contributions is not None:
            shares = judgement.contributions
            reasons = reasons_of_rows(product, shares, exact, language=self.language)
        return Answers(
            scores=judgement.scores,
            probabilities=judgement.probabilities,
            levels=level_places(judgement.scores),
            recommendations=judgement.recommendation_places,
            coverage=judgement.coverage,
            reasons=reasons,
            thresholds=None if cuts is None else cuts.of_rows(),
        )
