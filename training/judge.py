"""Judge a model on rows that it was not fitted on."""

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from riskscore.model.calibration import Calibration, Margins
from riskscore.model.cutting import Cuts
from riskscore.model.scale import HIGHEST, LEVELS, REVIEW, Scale, Thresholds, levels
from riskscore.model.trees import Trees
from riskscore.product.encode import Matrix
from training.datasets import Dataset, Places
from training.metrics import Judged, flagged_shares, metrics
from training.progress import counting
from training.rules import cuts_of, flagged
from training.stored import in_blocks

BAND = 50  # points


class Answering(Protocol):
    """What answers a row: a bundle, or a model that is about to be one."""

    @property
    def trees(self) -> Trees: ...
    @property
    def calibration(self) -> Calibration: ...
    @property
    def scale(self) -> Scale: ...
    @property
    def thresholds(self) -> Thresholds: ...


class Answers(NamedTuple):
    """Margins, probabilities and scores, each of shape (n_rows,).

    Attributes:
        cuts: The thresholds of each row; None where all go by the common ones.
    """

    margins: NDArray[np.float32]
    probabilities: Margins
    scores: NDArray[np.int64]
    cuts: Cuts | None = None

    def take(self, places: Places) -> "Answers":
        """Keep some rows, in the order given."""
        return Answers(
            margins=self.margins[places],
            probabilities=self.probabilities[places],
            scores=self.scores[places],
            cuts=None if self.cuts is None else self.cuts.take(places),
        )


def answers(model: Answering, matrix: Matrix) -> Answers:
    """Answer encoded rows."""
    margins = margins_of(model.trees, matrix)
    probabilities = model.calibration.probabilities(margins)
    return Answers(margins, probabilities, model.scale.scores(probabilities))


def served(model: Answering, dataset: Dataset) -> Answers:
    """Answer a dataset's rows, each with the thresholds that serving would take for it."""
    cuts = cuts_of(dataset.product, model.thresholds, dataset)
    return answers(model, dataset.matrix)._replace(cuts=cuts)


def margins_of(trees: Trees, matrix: Matrix) -> NDArray[np.float32]:
    """Return the margin of each row, block by block."""
    parts = []
    with counting("Scoring rows", total=len(matrix)) as advance:
        for rows in in_blocks(matrix):
            parts.append(trees.margins(rows)[:, 0])
            advance(len(rows))
    return np.concatenate(parts)


def judge(model: Answering, dataset: Dataset) -> dict[str, Any]:
    """Compute every figure of a model on a dataset."""
    return figures(model, dataset, served(model, dataset))


def figures(model: Answering, dataset: Dataset, given: Answers) -> dict[str, Any]:
    """Compute every figure of given answers."""
    judged = Judged(given.margins, given.probabilities, dataset.labels, dataset.weights)
    return {
        "rows": len(dataset),
        "positives": dataset.positives,
        **metrics(judged),
        "thresholds": _by_margin(model.thresholds, given, dataset),
        "recommendations": _by_score(model.thresholds, given, dataset),
        "levels": _levels(given, dataset),
        "bands": _bands(given, dataset),
    }


def _by_margin(thresholds: Thresholds, given: Answers, dataset: Dataset) -> dict[str, Any]:
    """Say what both thresholds flag here, as the fit set them."""
    margins = {"review": thresholds.review_margin, "block": thresholds.block_margin}
    return {
        name: {
            "margin": margin,
            **flagged_shares(given.margins >= margin, dataset.labels, dataset.weights),
        }
        for name, margin in margins.items()
    }


def _by_score(thresholds: Thresholds, given: Answers, dataset: Dataset) -> dict[str, Any]:
    """Say whom the recommendations hit, which go by the score; told is the common one."""
    scores = {"review": REVIEW, "block": thresholds.block_score}
    return {
        name: {"score": scores[name], **flagged_shares(hit, dataset.labels, dataset.weights)}
        for name, hit in flagged(given, thresholds).items()
    }


def _levels(given: Answers, dataset: Dataset) -> list[dict[str, Any]]:
    names = np.array(levels(given.scores))
    return [{"level": name, **_held(names == name, given, dataset)} for name in LEVELS]


def _bands(given: Answers, dataset: Dataset) -> list[dict[str, Any]]:
    """Cut the scores every 50 points; the highest of all, 1000, joins the band below it."""
    bands = np.minimum(given.scores, HIGHEST - 1) // BAND * BAND
    return [
        {"from": start, "to": start + BAND - 1, **_held(bands == start, given, dataset)}
        for start in np.unique(bands).tolist()
    ]


def _held(ours: NDArray[np.bool_], given: Answers, dataset: Dataset) -> dict[str, Any]:
    """Count some rows, and what was observed of them over what was expected."""
    weights = dataset.weights[ours]
    observed = float(weights @ dataset.labels[ours])
    expected = float(weights @ given.probabilities[ours])
    return {
        "rows": int(ours.sum()),
        "observed": observed,
        "expected": expected,
        "observed_over_expected": observed / expected if expected else None,
    }
