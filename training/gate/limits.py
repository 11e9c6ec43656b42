"""The limits of the gate: ``limits.toml`` beside this file, and what a file of yours replaces."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from marshmallow import ValidationError, fields, post_load, validate

from riskscore.product.fields import Strict, StrictFlag, StrictNumber, Word, by_path, expecting
from training.errors import LimitsInvalid

Measure = Literal["partial_auc", "auc", "average_precision", "tpr_at_1", "log_loss"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
LARGE = 1e9


class Span(fields.List):
    """Two numbers, the lower first, within which a ratio must lie."""

    def __init__(self) -> None:
        super().__init__(
            StrictNumber("a number from 0", 0, LARGE),
            required=True,
            validate=[validate.Length(equal=2, error="expected two numbers"), _ascending],
            error_messages=expecting("two numbers"),
        )


def _ascending(numbers: list[float]) -> None:
    if len(numbers) == 2 and numbers[0] > numbers[1]:  # noqa: PLR2004 - another rule says how many
        raise ValidationError("expected the lower number first")


def text() -> fields.String:
    filled = validate.Length(min=1, error="expected text")
    return fields.String(required=True, validate=filled, error_messages=expecting("text"))


def number(low: float = 0, high: float = 1) -> StrictNumber:
    return StrictNumber(f"a number from {low:g} to {high:g}", low, high, required=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A protected feature that may pass, and who says so."""

    feature: str
    reason: str
    signed_by: str


class AccuracyForm(Strict):
    measure = Word(MEASURES, required=True)
    better_by = number(-1)
    not_worse = fields.List(Word(MEASURES), required=True)
    positives = number(1, LARGE)


class CalibrationForm(Strict):
    slope = Span()
    observed_over_expected = Span()


class ThresholdsForm(Strict):
    review = Span()
    block = Span()


class ExceptionForm(Strict):
    feature = text()
    reason = text()
    signed_by = text()

    @post_load
    def make(self, loaded: dict[str, Any], **_: object) -> Waiver:
        return Waiver(**loaded)


class FairnessForm(Strict):
    ratio = number()
    expected_false_positives = number(1, LARGE)
    exception = fields.List(
        fields.Nested(ExceptionForm()), error_messages=expecting("[[fairness.exception]] tables")
    )


class LeakageForm(Strict):
    auc = number(0.5)
    tpr = number()


class SizeForm(Strict):
    megabytes = number(0, LARGE)


class SpeedForm(Strict):
    milliseconds = number(0, LARGE)
    times_champion = number(0, LARGE)


class UpstreamForm(Strict):
    served = StrictFlag(required=True)


FORMS = {
    "accuracy": AccuracyForm(),
    "calibration": CalibrationForm(),
    "thresholds": ThresholdsForm(),
    "fairness": FairnessForm(),
    "leakage": LeakageForm(),
    "size": SizeForm(),
    "speed": SpeedForm(),
    "upstream": UpstreamForm(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every limit by its name in the file; ``tables`` is the file as it stands in a verdict."""

    measure: Measure
    better_by: float
    not_worse: tuple[Measure, ...]
    positives: float
    slope: tuple[float, float]
    observed_over_expected: tuple[float, float]
    review: tuple[float, float]
    block: tuple[float, float]
    fair_ratio: float
    expected_false_positives: float
    waivers: tuple[Waiver, ...]
    leak_auc: float
    leak_tpr: float
    megabytes: float
    milliseconds: float
    times_champion: float
    upstream_served: bool
    tables: dict[str, Any]


def read_limits(path: Path | None = None) -> Limits:
    """Read the limits: ours, in which a file of yours replaces single keys.

    Raises:
        LimitsInvalid: It is not there, not TOML, or breaks the form; every broken key is named.
    """
    ours = tomllib.loads((resources.files(__package__) / "limits.toml").read_text("utf-8"))
    theirs = {} if path is None else _parsed(path)
    file = str(path or "limits.toml")
    if unknown := sorted(theirs.keys() - FORMS.keys()):
        raise LimitsInvalid(f"{file}: {unknown[0]}: not known here: expected {', '.join(FORMS)}")
    if wrong := [name for name, table in theirs.items() if not isinstance(table, dict)]:
        raise LimitsInvalid(f"{file}: {wrong[0]}: expected a [{wrong[0]}] table")
    tables = {name: ours[name] | theirs.get(name, {}) for name in FORMS}
    return limits_from(tables, file)


def limits_from(tables: dict[str, Any], file: str) -> Limits:
    """Check every table against its form.

    Raises:
        LimitsInvalid: One breaks it.
    """
    loaded, broken = {}, []
    for name, form in FORMS.items():
        try:
            loaded[name] = form.load(tables[name])
        except ValidationError as error:
            broken += [f"{name}.{key}: {why[0]}" for key, why in by_path(error.messages).items()]
    if broken:
        raise LimitsInvalid(f"{file}: {' | '.join(broken)}")
    return Limits(
        measure=loaded["accuracy"]["measure"],
        better_by=loaded["accuracy"]["better_by"],
        not_worse=tuple(loaded["accuracy"]["not_worse"]),
        positives=loaded["accuracy"]["positives"],
        slope=_pair(loaded["calibration"]["slope"]),
        observed_over_expected=_pair(loaded["calibration"]["observed_over_expected"]),
        review=_pair(loaded["thresholds"]["review"]),
        block=_pair(loaded["thresholds"]["block"]),
        fair_ratio=loaded["fairness"]["ratio"],
        expected_false_positives=loaded["fairness"]["expected_false_positives"],
        waivers=tuple(loaded["fairness"].get("exception", ())),
        leak_auc=loaded["leakage"]["auc"],
        leak_tpr=loaded["leakage"]["tpr"],
        megabytes=loaded["size"]["megabytes"],
        milliseconds=loaded["speed"]["milliseconds"],
        times_champion=loaded["speed"]["times_champion"],
        upstream_served=loaded["upstream"]["served"],
        tables=tables,
    )


def _pair(numbers: list[float]) -> tuple[float, float]:
    low, high = numbers
    return low, high


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LimitsInvalid(f"{path}: expected a TOML file of limits: {error}") from error
