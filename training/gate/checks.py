"""The questions of the gate, each answered in one line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from riskscore.model.bundle import load_champion
from training.bootstrap import Interval
from training.datasets import Upstream
from training.evaluate import models_of
from training.fairness import Fairness, fairness
from training.gate.figures import Difference, Figures, Measured
from training.gate.limits import Limits
from training.gate.sides import Side, Sides
from training.gate.weight import latency, megabytes
from training.separation import separations
from training.upstream import scores_wanted

Verdict = Literal["passed", "refused", "insufficient"]

LEAST = 1e-4  # rate that is still told apart from none
WORDS = {
    "partial_auc": "mean TPR up to 5 % FPR",
    "auc": "AUC",
    "average_precision": "average precision",
    "tpr_at_1": "TPR at 1 % FPR",
    "log_loss": "log loss",
    "slope": "calibration slope",
    "observed_over_expected": "observed over expected frauds",
}


class Check(NamedTuple):
    """One question, how it was answered and why."""

    name: str
    verdict: Verdict
    why: str


def checks(sides: Sides, figures: Figures, limits: Limits) -> list[Check]:
    """Ask everything; a champion that is only asked whether it may stay need not beat itself."""
    challenger = sides.challenger
    return [
        enough(challenger, limits),
        *([] if sides.alone else compared(figures, limits)),
        *calibrated(challenger, figures, limits),
        *thresholds(challenger, figures, limits),
        *fair(challenger, limits, figures.draws),
        *leaked(challenger, limits),
        size(challenger, limits),
        *([] if sides.alone else [speed(sides, limits)]),
        *upstream(sides, limits),
    ]


def enough(side: Side, limits: Limits) -> Check:
    frauds = side.rows.positives
    why = f"{frauds} frauds among {len(side.rows):,} judged rows, {limits.positives:g} decide"
    return _check("frauds", why, holds=frauds >= limits.positives)


def compared(figures: Figures, limits: Limits) -> Iterator[Check]:
    """Ask for better by the measure that decides, and for no worse by the others."""
    found = figures.difference(limits.measure)
    why = f"{WORDS[limits.measure]} {_sides(figures, limits.measure)}, {_told(found)}"
    wanted = f"expected above {limits.better_by:g}"
    better = found.interval.low > limits.better_by
    yield _check("better", why if better else f"{why}: {wanted}", holds=better)
    for name in limits.not_worse:
        found = figures.difference(name)
        why = f"{WORDS[name]} {_sides(figures, name)}, {_told(found)}"
        yield _check("not worse", why, holds=found.interval.high >= 0)


def calibrated(side: Side, figures: Figures, limits: Limits) -> Iterator[Check]:
    """Ask for it by the reading of the labels that the challenger was fitted with."""
    share = side.found_share
    read = (
        "" if share is None else f", where {share:.0%} of frauds are ever found, as it was fitted"
    )
    spans = {"slope": limits.slope, "observed_over_expected": limits.observed_over_expected}
    for name, span in spans.items():
        found = figures.of("challenger", name)
        why = f"{WORDS[name]} {_measured(found)}, {_within(span)}{read}"
        yield _check("calibration", why, holds=_allowed(found.value, found.interval, span))


def thresholds(side: Side, figures: Figures, limits: Limits) -> Iterator[Check]:
    """Ask whether the rules hit about as many innocents as the product asked for."""
    recipe, told = side.bundle.product.recipe, side.bundle.manifest.get("asked", {})
    asked = {
        "review": told.get("review_fpr", recipe.review_fpr),
        "block": told.get("block_fpr", recipe.block_fpr),
    }
    for name, span in {"review": limits.review, "block": limits.block}.items():
        found = figures.of("challenger", f"{name}_fpr")
        rate = max(asked[name], LEAST)
        ratio = found.value / rate
        scaled = Interval(*(each / rate for each in found.interval))
        why = (
            f"{name} hits {_measured(found, '.2%')} of the innocent, {asked[name]:.2%} was asked, "
            f"{_within(span)} times that"
        )
        yield _check("thresholds", why, holds=_allowed(ratio, scaled, span))


def fair(side: Side, limits: Limits, draws: int) -> Iterator[Check]:
    waived = {each.feature: each for each in limits.waivers}
    for each in fairness(side.rows, side.given, draws=draws):
        check = _fair(each, limits)
        if check.verdict == "refused" and each.feature in waived:
            waiver = waived[each.feature]
            signed = f"; excepted by {waiver.signed_by}: {waiver.reason}"
            check = check._replace(verdict="passed", why=check.why + signed)
        yield check


def _fair(found: Fairness, limits: Limits) -> Check:
    low, high = found.ratio_interval
    why = (
        f"{found.feature}: lowest FPR over highest {found.ratio:.2f} ({low:.2f} to {high:.2f}), "
        f"at least {limits.fair_ratio:g} expected"
    )
    if found.fewest < limits.expected_false_positives:
        few = f"{found.fewest:.0f} false positives to expect in one group"
        return Check("fairness", "insufficient", f"{why}; {few}")
    return _check("fairness", why, holds=low >= limits.fair_ratio)


def leaked(side: Side, limits: Limits) -> Iterator[Check]:
    """Ask whether any one column knows too much; those that do are named."""
    rows = side.rows
    found = separations(rows.matrix, rows.labels, rows.weights)
    names = [each.name for each in side.bundle.product.columns]
    guilty = [
        Check(
            "leakage",
            "refused",
            f"{name} alone reaches AUC {one.auc:.3f} and finds {one.tpr:.0%} of the frauds at "
            f"0.1 % FPR, at most {limits.leak_auc:g} and {limits.leak_tpr:.0%} expected: "
            "was it known at the time?",
        )
        for name, one in zip(names, found, strict=True)
        if one.auc > limits.leak_auc or one.tpr > limits.leak_tpr
    ]
    best = max(found, key=lambda each: each.auc)
    why = f"no column alone knows too much; the best reaches AUC {best.auc:.3f}"
    yield from guilty or [Check("leakage", "passed", why)]


def size(side: Side, limits: Limits) -> Check:
    found = megabytes(side.bundle, side.folder)
    why = f"{found:.1f} MB on disk, at most {limits.megabytes:g}"
    return _check("size", why, holds=found <= limits.megabytes)


def speed(sides: Sides, limits: Limits) -> Check:
    """Ask for little more time than the champion takes, or little time at all."""
    found = latency(sides)
    why = (
        f"one application takes {found.milliseconds:.2f} ms, {found.times_champion:.2f} times as "
        f"long as the champion's; at most {limits.milliseconds:g} ms or "
        f"{limits.times_champion:g} times expected"
    )
    quick = found.milliseconds <= limits.milliseconds
    return _check("speed", why, holds=quick or found.times_champion <= limits.times_champion)


def upstream(sides: Sides, limits: Limits) -> Iterator[Check]:
    """Ask whether the scores among the rows are those that serving will supply."""
    looked_at = scores_wanted(sides.challenger.bundle.product)
    models = models_of(sides.champion.folder)
    for each in sides.challenger.rows.upstreams:
        if limits.upstream_served and each.product in looked_at:
            yield _upstream(each, models)


def _upstream(judged: Upstream, models: Path) -> Check:
    why = f"judged with scores of {judged.product} version {judged.version}"
    if not (models / judged.product).exists():
        return Check("upstream", "refused", f"{why}, but {models} serves none")
    served = load_champion(models / judged.product)
    if served.sha256 == judged.sha256:
        return Check("upstream", "passed", f"{why}, which is served")
    return Check("upstream", "refused", f"{why}, but version {served.version} is served")


def _check(name: str, why: str, *, holds: bool) -> Check:
    return Check(name, "passed" if holds else "refused", why)


def _allowed(value: float, around: Interval, span: tuple[float, float]) -> bool:
    """Tell whether a ratio lies in its span, or might be 1 for all that is known."""
    low, high = span
    return low <= value <= high or around.low <= 1 <= around.high


def _sides(figures: Figures, name: str) -> str:
    new, old = figures.of("challenger", name), figures.of("champion", name)
    return f"{new.value:.4f} after {old.value:.4f}"


def _told(found: Difference) -> str:
    low, high = found.interval
    return f"better by {found.value:+.4f} ({low:+.4f} to {high:+.4f})"


def _measured(found: Measured, form: str = ".3f") -> str:
    low, high = found.interval
    return f"{found.value:{form}} ({low:{form}} to {high:{form}})"


def _within(span: tuple[float, float]) -> str:
    return f"allowed {span[0]:g} to {span[1]:g}"
