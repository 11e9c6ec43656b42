"""The manifest of a bundle: what it must say, and how it is read."""

import json
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate

from riskscore.errors import BundleCorrupt, BundleMismatch
from riskscore.model.calibration import Calibration
from riskscore.model.scale import Scale, Thresholds
from riskscore.product.fields import by_path

FORMAT = 1
NAME = "manifest.json"


class CalibrationForm(Schema):
    margins = fields.List(fields.Float(), required=True, validate=validate.Length(min=2))
    log_odds = fields.List(fields.Float(), required=True, validate=validate.Length(min=2))
    rows = fields.Integer(required=True, validate=validate.Range(min=1))


class ThresholdsForm(Schema):
    review_margin = fields.Float(required=True)
    block_margin = fields.Float(required=True)
    block_score = fields.Integer(required=True, validate=validate.Range(min=501))


class ScaleForm(Schema):
    review_odds = fields.Float(required=True, validate=validate.Range(min=0, min_inclusive=False))


class ManifestForm(Schema):
    """What serving needs; whatever else training records stays beside it."""

    class Meta:
        unknown = INCLUDE

    product = fields.String(required=True)
    version = fields.String(required=True)
    calibration = fields.Nested(CalibrationForm(), required=True)
    thresholds = fields.Nested(ThresholdsForm(), required=True)
    scale = fields.Nested(ScaleForm(), required=True)
    importance = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    files = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


def read_manifest(content: bytes, place: str) -> dict[str, Any]:
    """Read and check a manifest.

    Raises:
        BundleCorrupt: It is not JSON, or says less than serving needs.
        BundleMismatch: It is of another format.
    """
    try:
        raw = json.loads(content)
    except ValueError as error:
        raise BundleCorrupt(f"{place}: not JSON") from error
    if not isinstance(raw, dict) or "format" not in raw:
        raise BundleMismatch(f"{place}: not a riskscore bundle: expected a key 'format'")
    if raw["format"] != FORMAT:
        raise BundleMismatch(
            f"{place}: format {raw['format']!r}: this riskscore reads format {FORMAT}"
        )
    try:
        manifest: dict[str, Any] = ManifestForm().load(raw)
    except ValidationError as error:
        broken = "; ".join(f"{key}: {why[0]}" for key, why in by_path(error.messages).items())
        raise BundleCorrupt(f"{place}: {broken}") from error
    return manifest


def calibration_in(manifest: dict[str, Any]) -> Calibration:
    table = manifest["calibration"]
    return Calibration(
        margins=tuple(table["margins"]), log_odds=tuple(table["log_odds"]), rows=table["rows"]
    )


def thresholds_in(manifest: dict[str, Any]) -> Thresholds:
    return Thresholds(**manifest["thresholds"])


def scale_in(manifest: dict[str, Any]) -> Scale:
    return Scale(**manifest["scale"])
