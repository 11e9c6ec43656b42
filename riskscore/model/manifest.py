"""The manifest of a bundle: what it must say, and how it is read."""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from marshmallow import INCLUDE, ValidationError, fields, validate, validates_schema

from riskscore.errors import BundleCorrupt, BundleMismatch
from riskscore.model.by_group import ByGroup, Starts
from riskscore.model.calibration import Calibration
from riskscore.model.scale import HIGHEST, LOWEST, REVIEW, Scale, Thresholds
from riskscore.product.fields import Strict, StrictInteger, StrictNumber, by_path, expecting

FORMAT = 1
NAME = "manifest.json"
SEAL = "seal"  # key of the manifest: SHA-256 of everything else in it
FLOAT64, SMALLEST = sys.float_info.max, sys.float_info.min


def finite(low: float = -FLOAT64, **more: Any) -> StrictNumber:
    above = "" if low < 0 else " from 0"
    return StrictNumber(f"a finite number{above}", low, FLOAT64, required=True, **more)


def knots() -> fields.List:
    two = validate.Length(min=2, error="expected at least two numbers")
    words = expecting("a list of numbers")
    return fields.List(finite(), required=True, validate=two, error_messages=words)


class CalibrationForm(Strict):
    margins = knots()
    log_odds = knots()
    rows = StrictInteger("a whole number from 1", 1, 2**53, required=True)

    @validates_schema
    def check_knots(self, table: dict[str, Any], **_: object) -> None:
        margins, log_odds = table["margins"], table["log_odds"]
        if len(margins) != len(log_odds):
            raise ValidationError("expected as many as margins", "log_odds")
        if any(after <= before for before, after in pairwise(margins)):
            raise ValidationError("expected strictly increasing numbers", "margins")
        if any(after < before for before, after in pairwise(log_odds)):
            raise ValidationError("expected numbers that do not decrease", "log_odds")


def score(low: int, high: int) -> StrictInteger:
    return StrictInteger(f"a whole number from {low} to {high}", low, high, required=True)


class StartsForm(Strict):
    review_score = score(LOWEST, HIGHEST - 1)
    block_score = score(LOWEST + 1, HIGHEST)

    @validates_schema
    def check_order(self, table: dict[str, Any], **_: object) -> None:
        if table["block_score"] <= table["review_score"]:
            raise ValidationError("expected a score above review_score", "block_score")


class ByGroupForm(Strict):
    feature = fields.String(required=True, error_messages=expecting("the name of an input"))
    groups = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(StartsForm(), error_messages=expecting("where a group starts")),
        required=True,
        error_messages=expecting("a table of groups"),
    )


class ThresholdsForm(Strict):
    review_margin = finite()
    block_margin = finite()
    block_score = score(REVIEW + 1, HIGHEST)
    by_group = fields.Nested(ByGroupForm(), error_messages=expecting("a table, or none"))


class ScaleForm(Strict):
    review_odds = StrictNumber("a number above 0", SMALLEST, FLOAT64, required=True)


class ManifestForm(Strict):
    """What serving needs; whatever else training records stays beside it."""

    class Meta:
        unknown = INCLUDE

    product = fields.String(required=True)
    version = fields.String(required=True)
    calibration = fields.Nested(CalibrationForm(), required=True)
    thresholds = fields.Nested(ThresholdsForm(), required=True)
    scale = fields.Nested(ScaleForm(), required=True)
    importance = fields.Dict(keys=fields.String(), values=finite(0), required=True)
    files = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


def read_manifest(content: bytes, place: str) -> dict[str, Any]:
    """Read and check a manifest.

    Raises:
        BundleCorrupt: It is not JSON, was altered, or says less than serving needs.
        BundleMismatch: It is of another format.
    """
    raw = _unaltered(content, place)
    try:
        manifest: dict[str, Any] = ManifestForm().load(raw)
    except ValidationError as error:
        broken = "; ".join(f"{key}: {why[0]}" for key, why in by_path(error.messages).items())
        raise BundleCorrupt(f"{place}: {broken}") from error
    return manifest


def _unaltered(content: bytes, place: str) -> dict[str, Any]:
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BundleCorrupt(f"{place}: not JSON that we read") from error
    if not isinstance(raw, dict) or "format" not in raw:
        raise BundleMismatch(f"{place}: not a riskscore bundle: expected a key 'format'")
    if type(raw["format"]) is not int or raw["format"] != FORMAT:
        raise BundleMismatch(
            f"{place}: format {raw['format']!r}: this riskscore reads format {FORMAT}"
        )
    if raw.get(SEAL) != seal_of(raw):
        raise BundleCorrupt(f"{place}: altered: {SEAL} is not that of what it says")
    return raw


def sealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """Make a manifest commit to itself."""
    written = json.loads(json.dumps(record, allow_nan=False))  # keys as a file has them: text
    return {**written, SEAL: seal_of(written)}


def seal_of(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a manifest as canonical JSON, without its seal."""
    rest = {key: value for key, value in record.items() if key != SEAL}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def calibration_in(manifest: dict[str, Any]) -> Calibration:
    table = manifest["calibration"]
    return Calibration(
        margins=tuple(table["margins"]), log_odds=tuple(table["log_odds"]), rows=table["rows"]
    )


def thresholds_in(manifest: dict[str, Any]) -> Thresholds:
    table = dict(manifest["thresholds"])
    if by_group := table.pop("by_group", None):
        groups = {name: Starts(**starts) for name, starts in by_group["groups"].items()}
        return Thresholds(**table, by_group=ByGroup(feature=by_group["feature"], groups=groups))
    return Thresholds(**table)


def written_thresholds(thresholds: Thresholds) -> dict[str, Any]:
    """Write thresholds as ``thresholds_in`` reads them; those by group only where there are any."""
    return {name: value for name, value in asdict(thresholds).items() if value is not None}


def scale_in(manifest: dict[str, Any]) -> Scale:
    return Scale(**manifest["scale"])
