"""Calibrate and set thresholds, on rows that the trees were not grown on."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.model.calibration import Calibration
from riskscore.model.scale import Scale, Thresholds, block_score_at
from riskscore.model.trees import Trees
from training.apart import Asking, by_group
from training.asked import Asked
from training.bootstrap import Rows, Weights, interval, resampled
from training.datasets import Dataset
from training.discovery import calibrate_unlabelled, innocence
from training.errors import OptionInvalid
from training.judge import margins_of
from training.maps import EARLIER, best_map
from training.metrics import flagged_shares
from training.notices import warn
from training.shares import share_interval
from training.splits import cut
from training.strata import strata
from training.thresholds import by_alerts, by_probability, kept_rate, scale_at, threshold

DRAWS = 200
TWICE = 2.0  # times the asked rate, beyond which a stratum is warned of

Record = dict[str, Any]
Margins = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Everything that answers a row, before it is a bundle."""

    trees: Trees
    calibration: Calibration
    scale: Scale
    thresholds: Thresholds


class Decided(NamedTuple):
    """A model, and what the manifest says of how it was decided.

    Attributes:
        record: ``calibrated_by`` (the map taken, the log loss of each on later rows), ``asked``
            (false-positive rates), ``thresholds_on`` (where both lie, and what they hit on the
            rows they were set on), ``thresholds_by_group`` (likewise, where they were asked for).
    """

    model: Model
    record: Record


class Calibrated(NamedTuple):
    """A map, the share of frauds ever found (1 where labels say it all), and the record."""

    calibration: Calibration
    found_share: float
    record: Record


def decide(
    trees: Trees, rows: Dataset, scale: Scale | None, asked: Asked, latest: Dataset | None = None
) -> Decided:
    """Choose the map that holds on later rows, then the thresholds.

    Args:
        trees: Already grown.
        rows: Those to calibrate on.
        scale: Of an earlier version, if there is one.
        asked: How thresholds are set.
        latest: Rows to set them on, if not the same.

    Raises:
        OptionInvalid: Alerts a day are asked of rows without a time, or a share found without
            rows that are taken for unlabelled, or a confidence that the rows are too few for.
    """
    mapped = _mapped(trees, rows, asked)
    rows = rows if latest is None else latest
    margins = margins_of(trees, rows.matrix)
    rows = _innocent(margins, rows, mapped)
    review = _review(margins, rows, mapped.calibration, asked)
    block = max(review, _block(margins, rows, mapped.calibration, asked))
    scale = scale or scale_at(review, mapped.calibration)
    thresholds = Thresholds(
        review_margin=review,
        block_margin=block,
        block_score=block_score_at(block, mapped.calibration, scale),
    )
    rates = _rates(margins, rows, thresholds, asked)
    sure = {"review": _sure_of_review(asked), "block": asked.confidence}
    apart: Record = {}
    if asked.by is not None:
        scores = scale.scores(mapped.calibration.probabilities(margins)).astype(np.float32)
        asking = Asking(scores, rows, thresholds.block_score, rates, sure)
        groups, apart["thresholds_by_group"] = by_group(asking, asked.by)
        thresholds = replace(thresholds, by_group=groups)
    model = Model(trees=trees, calibration=mapped.calibration, scale=scale, thresholds=thresholds)
    record = {
        "calibrated_by": mapped.record,
        "asked": {f"{name}_fpr": rate for name, rate in rates.items()},
        "thresholds_on": {
            "review": _told(margins, rows, review, rates["review"], sure["review"]),
            "block": _told(margins, rows, block, rates["block"], sure["block"]),
        },
    }
    return Decided(model, record | apart)


def _mapped(trees: Trees, rows: Dataset, asked: Asked) -> Calibrated:
    margins = margins_of(trees, rows.matrix)
    if rows.chances is not None:
        share = asked.found_share
        found = calibrate_unlabelled(margins, rows.labels, rows.chances, share=share)
        by = {"map": "beta, of unlabelled rows", "log_loss": {}, "found_share": found.share}
        return Calibrated(found.calibration, found.share, by | {"share_told": share is not None})
    if asked.found_share is not None:
        raise OptionInvalid("--found-share: goes with --unlabelled pu, on an event folder")
    later = np.zeros(len(rows), bool)
    later[cut(rows.labels, rows.times, (EARLIER, 1 - EARLIER), seed=0)[1]] = True
    mapped = best_map(margins, rows.labels, rows.weights, later)
    by = {"map": mapped.name, "log_loss": dict(mapped.log_loss)}
    return Calibrated(mapped.calibration, 1.0, by)


def _innocent(margins: Margins, rows: Dataset, mapped: Calibrated) -> Dataset:
    """Count rows of which no fraud was found as innocent as far as they probably are."""
    if rows.chances is None:
        return rows
    fraud = mapped.calibration.probabilities(margins)
    innocent = innocence(fraud, rows.labels, mapped.found_share * rows.chances)
    weights = rows.weights * np.where(rows.labels == 1, 1.0, innocent)
    return replace(rows, weights=weights)


def _review(margins: Margins, rows: Dataset, calibration: Calibration, asked: Asked) -> float:
    if asked.alerts_per_day is not None:
        if rows.times is None:
            raise OptionInvalid("--alerts-per-day: the rows have no time; name it with --time")
        return by_alerts(margins, rows.times, asked.alerts_per_day)
    if asked.costs is not None:
        return by_probability(margins, calibration, asked.costs.review_from)
    return _at_rate(margins, rows, rows.product.recipe.review_fpr, asked.confidence)


def _block(margins: Margins, rows: Dataset, calibration: Calibration, asked: Asked) -> float:
    if asked.costs is not None:
        return by_probability(margins, calibration, asked.costs.block_from)
    return _at_rate(margins, rows, rows.product.recipe.block_fpr, asked.confidence)


def _at_rate(margins: Margins, rows: Dataset, fpr: float, confidence: float | None) -> float:
    kept = kept_rate(rows.labels, rows.weights, fpr, confidence)
    return threshold(margins, rows.labels, rows.weights, kept)


def _sure_of_review(asked: Asked) -> float | None:
    """Return the confidence of the review rate; people who look at so many a day ask for none."""
    return asked.confidence if asked.alerts_per_day is None else None


def _rates(
    margins: Margins, rows: Dataset, thresholds: Thresholds, asked: Asked
) -> dict[str, float]:
    """Return the false-positive rates asked for: by the recipe, or as alerts or costs set them."""
    recipe = rows.product.recipe
    rates = {"review": recipe.review_fpr, "block": recipe.block_fpr}
    if asked.alerts_per_day is not None or asked.costs is not None:
        rates["review"] = _hit(margins >= thresholds.review_margin, rows)
    if asked.costs is not None:
        rates["block"] = _hit(margins >= thresholds.block_margin, rows)
    return rates


def _hit(flagged: NDArray[np.bool_], rows: Dataset) -> float:
    return flagged_shares(flagged, rows.labels, rows.weights)["fpr"]


def _told(
    margins: Margins, rows: Dataset, margin: float, asked: float, confidence: float | None
) -> Record:
    """Say where a threshold lies and whom it hits here, how surely, and stratum by stratum."""
    kept = kept_rate(rows.labels, rows.weights, asked, confidence)
    drawn = _resampled(margins, rows, kept)
    lies, reached = interval(drawn["margin"]), interval(drawn["fpr"])
    return {
        "asked": asked,
        "confidence": confidence,
        "margin": margin,
        "margin_low": lies.low,
        "margin_high": lies.high,
        "fpr": _hit(margins >= margin, rows),
        "low": reached.low,
        "high": reached.high,
        "strata": _strata(margins >= margin, rows, asked),
    }


def _resampled(margins: Margins, rows: Dataset, rate: float) -> dict[str, NDArray[np.float64]]:
    """Set the threshold on resamples, and say how many of these rows' innocents each would hit."""

    def reached(weights: Weights) -> dict[str, float]:
        margin = threshold(margins, rows.labels, weights, rate)
        return {"margin": margin, "fpr": _hit(margins >= margin, rows)}

    about = Rows(rows.labels, rows.weights, rows.times)
    return resampled(about, reached, draws=DRAWS)


def _strata(flagged: NDArray[np.bool_], rows: Dataset, asked: float) -> list[Record]:
    found = []
    for groups in strata(rows):
        for number, name in enumerate(groups.names):
            innocent = (groups.places == number) & (rows.labels == 0)
            if innocent.any():
                hits = int(flagged[innocent].sum())
                low, high = share_interval(hits, int(innocent.sum()))
                rate = hits / int(innocent.sum())
                about = {"by": groups.feature, "stratum": name, "fpr": rate}
                found.append(about | {"low": low, "high": high})
                if low > TWICE * asked:
                    warn(
                        f"{groups.feature} {name}: {rate:.2%} of the innocent calibration rows "
                        f"are beyond a threshold for {asked:.2%}"
                    )
    return found
