"""Prove every bundle of a models folder, served or not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from riskscore.errors import BundleNotFound, StartupError
from riskscore.model.bundle import (
    CHAMPION,
    Bundle,
    check_models,
    load_bundle,
    load_champion,
    visible,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of loading one bundle."""

    product: str
    place: str  # a version, or "champion"
    good: bool
    finding: str


def prove_all(models: Path) -> Iterator[Proof]:
    """Load every product's champion, and every version beside it.

    Raises:
        BundleNotFound: There is no product.
    """
    check_models(models)
    products = folders(models)
    if not products:
        raise BundleNotFound(f"{models}: no product in it: expected <product>/champion")
    for product in products:
        yield prove(load_champion, product, product.name, CHAMPION)
        for version in folders(product):
            yield prove(load_bundle, version, product.name, version.name)


def prove(load: Callable[[Path], Bundle], path: Path, product: str, place: str) -> Proof:
    try:
        bundle = load(path)
    except StartupError as error:
        return Proof(product=product, place=place, good=False, finding=str(error))
    rows = f"version {bundle.version}, {len(bundle.product.columns)} columns, {bundle.sha256[:12]}"
    return Proof(product=product, place=place, good=True, finding=rows)


def folders(path: Path) -> list[Path]:
    try:
        return sorted(each for each in path.iterdir() if each.is_dir() and visible(each))
    except OSError as error:
        raise BundleNotFound(f"{path}: {error.strerror}: expected a folder of models") from error
