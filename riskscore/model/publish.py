"""Write a fitted model as a bundle: whole or not at all, never over another."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from riskscore.errors import BundleMismatch
from riskscore.model import golden, manifest
from riskscore.model.bundle import CHAMPION, GOLDEN, MODEL, PRODUCT, SCALE, VERSION
from riskscore.model.calibration import Calibration
from riskscore.model.scale import Scale, Thresholds
from riskscore.model.trees import Trees
from riskscore.product.spec import Product
from riskscore.product.values import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What a fit hands over.

    Attributes:
        importance: Mean absolute Shapley value of each model column, shape (n_columns,).
        record: How it was made, for the manifest: data, recipe, metrics, libraries, created...
    """

    product: Product
    trees: Trees
    calibration: Calibration
    scale: Scale
    thresholds: Thresholds
    importance: Values
    record: Mapping[str, Any]


def publish(models: Path, fitted: Fitted, *, version: str | None = None) -> Path:
    """Write a bundle, and make it champion where the product has none.

    Args:
        models: The models folder; made if it is not there.
        fitted: What to write.
        version: Its name; the next number unless given.

    Returns:
        The bundle's folder.

    Raises:
        BundleMismatch: The version exists, or its name is not one.
    """
    folder = models / fitted.product.name
    version = version or next_version(folder)
    if not VERSION.fullmatch(version):
        raise BundleMismatch(f"version {version!r}: expected letters, digits, dot, dash")
    if (folder / version).exists():
        raise BundleMismatch(f"{folder / version}: exists, and a version is never overwritten")
    if folder.exists():
        _fill(folder, fitted, version)
    else:  # all at once, since a product without champion would stop the service's next start
        models.mkdir(parents=True, exist_ok=True)
        with _whole(folder) as partial:
            _fill(partial, fitted, version)
    return folder / version


def write_line(path: Path, line: str) -> None:
    """Replace a file of one line; a crash leaves the old one or the new one."""
    partial = path.with_name(f".partial-{path.name}-{os.getpid()}")
    _write_synced(partial, f"{line}\n".encode())
    partial.replace(path)
    _sync_folder(path.parent)


def next_version(folder: Path) -> str:
    """Return the number after the largest numbered version of a product."""
    names = [each.name for each in folder.iterdir()] if folder.exists() else []
    return str(1 + max((int(name) for name in names if name.isdecimal()), default=0))


def _files(fitted: Fitted, version: str) -> dict[str, bytes]:
    rows = golden.golden_rows(fitted.product, fitted.trees, fitted.calibration)
    files = {
        PRODUCT: fitted.product.source.encode("utf-8"),
        MODEL: bytes(fitted.trees.booster.save_raw("ubj")),
        GOLDEN: _json({"rows": rows}),
    }
    names = [each.name for each in fitted.product.columns]
    record = {
        "format": manifest.FORMAT,
        "product": fitted.product.name,
        "version": version,
        **fitted.record,
        "calibration": asdict(fitted.calibration),
        "scale": asdict(fitted.scale),
        "thresholds": manifest.written_thresholds(fitted.thresholds),
        "importance": dict(zip(names, fitted.importance.tolist(), strict=True)),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    return files | {manifest.NAME: _json(manifest.sealed(record))}


def _json(content: object) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode("utf-8")


def _fill(folder: Path, fitted: Fitted, version: str) -> None:
    """Add a version to a product's folder, and what its first one fixes."""
    if not (folder / SCALE).exists():
        write_line(folder / SCALE, json.dumps(asdict(fitted.scale)))
    with _whole(folder / version) as partial:
        for name, content in _files(fitted, version).items():
            _write_synced(partial / name, content)
    if not (folder / CHAMPION).exists():
        write_line(folder / CHAMPION, version)


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a hidden folder to write to, which takes its name when all is written."""
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder.parent))
    try:
        yield partial
        partial.chmod(0o755)
        _sync_folder(partial)
        partial.rename(folder)
        _sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Bring names in a folder to disk, as ``fsync`` of a file does its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
