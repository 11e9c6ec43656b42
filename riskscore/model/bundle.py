"""Model bundles: the only thing training hands to serving.

A bundle is a folder ``models/<product>/<version>/`` of four files:

    manifest.json   what it is, how it was made, and the SHA-256 of every other file
    product.toml    the product as it was when the model was fitted
    model.ubj       the booster, in XGBoost's own format, never a pickle
    golden.json     synthetic rows with the answers they must get

Beside the versions stand ``champion``, one line that names the version served, and ``scale.json``,
which fixes what 500 points mean. Loading proves everything before the first request: hashes before
the booster is parsed, then the golden rows.

To change the format: raise ``manifest.FORMAT``, keep the refusal of the old one clear, refit
everything under ``models/``.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from marshmallow import ValidationError

from riskscore.errors import BundleCorrupt, BundleMismatch, BundleNotFound, ProductInvalid
from riskscore.model import golden, manifest
from riskscore.model.calibration import Calibration
from riskscore.model.cutting import Cutter, cutter, unfit
from riskscore.model.scale import Scale, Thresholds, block_score_at
from riskscore.model.trees import Trees
from riskscore.product.one_row import RowEncoder
from riskscore.product.spec import Product
from riskscore.product.toml import product_from
from riskscore.product.values import Values

PRODUCT, MODEL, GOLDEN = "product.toml", "model.ubj", "golden.json"
CHAMPION, SCALE = "champion", "scale.json"
MODELS = "a folder of products, such as models"
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """One trained model, proven.

    Attributes:
        sha256: Of the manifest, which holds the hash of everything else.
        importance: Mean absolute Shapley value of each model column over the calibration rows.
        manifest: The whole manifest, for whoever asks how the model was made.
    """

    product: Product
    version: str
    sha256: str
    trees: Trees
    calibration: Calibration
    scale: Scale
    thresholds: Thresholds
    importance: Values
    manifest: Mapping[str, Any]

    @cached_property
    def encode_row(self) -> RowEncoder:
        """What turns one application into the model's columns."""
        return RowEncoder(self.product)

    @cached_property
    def cutter(self) -> Cutter | None:
        """What finds the thresholds of each row; None where all rows go by the common ones."""
        return cutter(self.product, self.thresholds)


def load_champions(models: Path) -> dict[str, Bundle]:
    """Load the served bundle of every product below a models folder, by product name.

    Raises:
        BundleNotFound: There is no product, or one without a champion.
        BundleMismatch, BundleCorrupt: A bundle cannot be trusted.
    """
    check_models(models)
    try:
        folders = sorted(each for each in models.iterdir() if each.is_dir() and visible(each))
    except OSError as error:
        raise BundleNotFound(f"{models}: {error.strerror}: expected a folder of models") from error
    if not folders:
        raise BundleNotFound(f"{models}: no product in it: expected <product>/champion")
    champions = {folder.name: load_champion(folder) for folder in folders}
    _check_formats(models, [each.product for each in champions.values()])
    return champions


def _check_formats(models: Path, products: Sequence[Product]) -> None:
    """Refuse an entity that two products spell differently: they would never meet."""
    known: dict[str, tuple[str, str]] = {}
    for product in products:
        for each in product.entities:
            format_, other = known.setdefault(each.name, (each.format, product.name))
            if each.format != format_:
                raise BundleMismatch(
                    f"{models}: entity {each.name}: format {format_} in {other}, "
                    f"{each.format} in {product.name}: expected one format"
                )


def check_models(models: Path) -> None:
    """Refuse a product's or a version's folder where the folder of all products belongs.

    Raises:
        BundleNotFound: Says what it is, and what was expected.
    """
    for name, what in ((CHAMPION, "product"), (manifest.NAME, "version")):
        if (models / name).is_file():
            raise BundleNotFound(f"{models}: is the folder of a {what}: expected {MODELS}")


def check_product(folder: Path) -> None:
    """Refuse the folder of all products where a product's or a version's folder belongs.

    Raises:
        BundleNotFound: Says what it is, and what was expected.
    """
    wanted = "the folder of a product, which holds champion, or of a version in it"
    if any(folder.glob(f"*/{CHAMPION}")):
        raise BundleNotFound(f"{folder}: is {MODELS}: expected {wanted}")
    if not any((folder / name).is_file() for name in (CHAMPION, manifest.NAME)):
        raise BundleNotFound(f"{folder}: no champion or {manifest.NAME} in it: expected {wanted}")


def visible(path: Path) -> bool:
    return not path.name.startswith(".")


def load_champion(folder: Path) -> Bundle:
    """Load the version that a product's ``champion`` file names.

    Raises:
        BundleNotFound, BundleMismatch, BundleCorrupt: As ``load_bundle``.
    """
    return load_bundle(folder / champion_version(folder))


def champion_version(folder: Path) -> str:
    """Read which version of a product is served.

    Raises:
        BundleNotFound, BundleCorrupt: There is no such line.
    """
    version = read(folder / CHAMPION).decode("ascii", "replace").strip()
    if not VERSION.fullmatch(version):
        raise BundleCorrupt(f"{folder / CHAMPION}: expected one line that names a version")
    return version


def load_bundle(folder: Path) -> Bundle:
    """Read one bundle and prove that this code scores as training did.

    Args:
        folder: ``models/<product>/<version>``.

    Raises:
        BundleNotFound: A file is not there.
        BundleMismatch: It is of another format, product or version than its place says.
        BundleCorrupt: A file is damaged, or a golden row scores differently.
    """
    content = read(folder / manifest.NAME)
    record = manifest.read_manifest(content, str(folder / manifest.NAME))
    files = _proven_files(folder, record["files"])
    product = _product(files[PRODUCT], folder, record)
    bundle = Bundle(
        product=product,
        version=record["version"],
        sha256=hashlib.sha256(content).hexdigest(),
        trees=_trees(_booster(files[MODEL], product, folder / MODEL), folder / MODEL),
        calibration=manifest.calibration_in(record),
        scale=_scale(folder, record),
        thresholds=_thresholds(product, record, folder),
        importance=_importance(product, record, folder),
        manifest=record,
    )
    _prove(bundle, files[GOLDEN], folder / GOLDEN)
    return bundle


def read_scale(folder: Path) -> Scale | None:
    """Read a product's scale; None before its first fit.

    Raises:
        BundleCorrupt: The file is damaged.
    """
    path = folder / SCALE
    if not path.exists():
        return None
    try:
        return Scale(**manifest.ScaleForm().load(json.loads(read(path))))
    except (ValueError, RecursionError, ValidationError) as error:
        raise BundleCorrupt(f"{path}: expected review_odds, a number above 0") from error


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleNotFound(f"{path}: {error.strerror}") from error


def _proven_files(folder: Path, hashes: Mapping[str, str]) -> dict[str, bytes]:
    files = {}
    for name in (PRODUCT, MODEL, GOLDEN):
        files[name] = read(folder / name)
        if hashlib.sha256(files[name]).hexdigest() != hashes.get(name):
            raise BundleCorrupt(f"{folder / name}: not the file that the manifest was written for")
    return files


def _product(content: bytes, folder: Path, record: Mapping[str, Any]) -> Product:
    try:
        product = product_from(content.decode("utf-8"), str(folder / PRODUCT))
    except (UnicodeDecodeError, ProductInvalid) as error:
        raise BundleMismatch(f"{folder}: its product file is not one of ours: {error}") from error
    if not product.name == record["product"] == folder.parent.name:
        raise BundleMismatch(f"{folder}: holds a bundle of product {record['product']!r}")
    if record["version"] != folder.name:
        raise BundleMismatch(f"{folder}: holds version {record['version']!r}")
    return product


def _booster(content: bytes, product: Product, path: Path) -> xgb.Booster:
    try:
        booster = xgb.Booster(model_file=bytearray(content))
    except xgb.core.XGBoostError as error:
        raise BundleCorrupt(f"{path}: not a booster that this xgboost reads") from error
    columns = len(product.columns)
    if booster.num_features() != columns:
        raise BundleMismatch(f"{path}: {booster.num_features()} columns, the product has {columns}")
    return booster


def _trees(booster: xgb.Booster, path: Path) -> Trees:
    try:
        return Trees(booster)
    except BundleMismatch as error:
        raise BundleMismatch(f"{path}: {error}") from error


def _scale(folder: Path, record: dict[str, Any]) -> Scale:
    scale = read_scale(folder.parent)
    if scale is None:
        raise BundleNotFound(f"{folder.parent / SCALE}: No such file or directory")
    if scale != manifest.scale_in(record):
        raise BundleMismatch(f"{folder.parent / SCALE}: not the scale that {folder} was fitted to")
    return scale


def _thresholds(product: Product, record: dict[str, Any], folder: Path) -> Thresholds:
    thresholds = manifest.thresholds_in(record)
    calibration, scale = manifest.calibration_in(record), manifest.scale_in(record)
    score = block_score_at(thresholds.block_margin, calibration, scale)
    if thresholds.block_score != score:
        raise BundleCorrupt(
            f"{folder / manifest.NAME}: thresholds.block_score: expected {score}, "
            "the score at block_margin"
        )
    if fault := unfit(product, thresholds):
        raise BundleMismatch(f"{folder / manifest.NAME}: thresholds.by_group.{fault}")
    return thresholds


def _importance(product: Product, record: Mapping[str, Any], folder: Path) -> Values:
    names = [each.name for each in product.columns]
    if list(record["importance"]) != names:
        raise BundleMismatch(f"{folder / manifest.NAME}: importance: not the product's columns")
    return np.array([record["importance"][name] for name in names], np.float64)


def _prove(bundle: Bundle, content: bytes, path: Path) -> None:
    try:
        rows = json.loads(content)["rows"]
        off = golden.difference(bundle.product, bundle.trees, bundle.calibration, rows)
    except RecursionError as error:
        raise BundleCorrupt(f"{path}: nested too deep") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BundleMismatch(f"{path}: not golden rows of this product") from error
    if not off <= golden.TOLERANCE:
        raise BundleCorrupt(f"{path}: a golden row is off by {off:.2g} in log-odds")
