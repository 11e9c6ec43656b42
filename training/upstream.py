"""Upstream bundles: models whose scores are columns of another product.

A score must be what the model could have said then. So a bundle scores only applications that came
after everything it was fitted on; that bundle is frozen, and the fit that uses its scores pins its
hash.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from riskscore.history.looks import SCORE
from riskscore.model.bundle import CHAMPION, Bundle, load_bundle, load_champion
from riskscore.product.moments import moment_in_file, rfc3339
from riskscore.product.spec import Product
from riskscore.product.tables import is_text
from training.datasets import Upstream
from training.errors import OptionInvalid, UpstreamOverlaps
from training.receipts import Times

KEY = b"riskscore.upstreams"  # in the metadata of a parquet file

Bundles = dict[str, Bundle]


def load_upstreams(product: Product, folders: Iterable[Path]) -> Bundles:
    """Load bundles by their product; the folder of a product stands for its champion.

    Raises:
        StartupError: One cannot be trusted.
        OptionInvalid: No column looks at its score.
    """
    found = {}
    for folder in folders:
        champion = (folder / CHAMPION).exists()
        bundle = load_champion(folder) if champion else load_bundle(folder)
        if bundle.product.name not in scores_wanted(product):
            raise OptionInvalid(
                f"{folder}: no history column of {product.name} looks at the score of "
                f"{bundle.product.name}"
            )
        found[bundle.product.name] = bundle
    return found


def scores_wanted(product: Product) -> set[str]:
    """Name the products whose scores are looked at."""
    return {each.of for each in product.history if each.what == SCORE}


def pin(bundle: Bundle) -> Upstream:
    until = bundle.manifest.get("data", {}).get("to")
    return Upstream(bundle.product.name, bundle.version, bundle.sha256, until)


def reach(product: Product, of: str, first: int | None) -> int | None:
    """Return from when on scores are needed: one window before the first row, None for always."""
    if first is None:
        return None
    windows = [each.window for each in product.history if (each.of, each.what) == (of, SCORE)]
    return first - int(max(windows).total_seconds()) * 1_000_000


def check_frozen(bundle: Bundle, times: Times, asked: NDArray[np.bool_]) -> None:
    """Refuse a bundle that was fitted on the time of rows it is asked to score.

    Raises:
        UpstreamOverlaps: Says until when it was fitted and how many rows are not later.
    """
    until = bundle.manifest.get("data", {}).get("to")
    name = f"upstream {bundle.product.name} version {bundle.version}"
    if until is None:
        raise UpstreamOverlaps(f"{name} does not say when the rows it was fitted on occurred")
    overlapping = int((asked & (times <= moment_in_file(until))).sum())
    if overlapping:
        first = rfc3339(int(times[asked].min()))
        raise UpstreamOverlaps(
            f"{name} was fitted on applications until {until}, but {overlapping} of those it is "
            f"asked to score are not later, the first of {first}; fit it on earlier ones only, "
            "or take later rows with --from"
        )


def as_metadata(upstreams: Sequence[Upstream]) -> dict[bytes, bytes] | None:
    """Write down whose scores a file holds."""
    return {KEY: json.dumps([each._asdict() for each in upstreams]).encode()} if upstreams else None


def in_metadata(path: Path) -> tuple[Upstream, ...]:
    """Read whose scores a labelled table holds; a csv file cannot tell."""
    if is_text(path) or path.is_dir():
        return ()
    written = (pq.read_schema(path).metadata or {}).get(KEY, b"[]")
    return tuple(Upstream(**each) for each in json.loads(written))
