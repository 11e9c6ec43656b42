"""Make a version champion, or go back: one file is replaced, and its history kept beside it.

``champion`` alone says what is served. ``promotions.jsonl`` is written first: where a crash comes
between the two, its last line speaks of a step that was never taken, and the next step drops it.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from riskscore.errors import StartupError
from riskscore.model.bundle import CHAMPION, Bundle, load_bundle, load_champion
from riskscore.model.manifest import NAME, SEAL, seal_of
from riskscore.model.publish import write_line
from training.errors import PromotionRefused
from training.upstream import scores_wanted

HISTORY = "promotions.jsonl"
LOCK = ".promoting"

Step = dict[str, Any]


class Downstream(NamedTuple):
    """A served bundle that looks at the score of another product."""

    product: str
    version: str
    pinned: str | None  # hash of the bundle whose scores it was fitted on


class Ungated(NamedTuple):
    """Why a bundle is promoted without a verdict, and who answers for it."""

    reason: str
    signed_by: str


def promote(folder: Path, grounds: Path | Ungated) -> Bundle:
    """Make a version its product's champion.

    Args:
        folder: The version's folder.
        grounds: The verdict that lets it, as ``compare`` wrote it, or why there is none.

    Raises:
        PromotionRefused: The verdict refuses, or is of other bundles; or it is champion already.
        StartupError: The bundle cannot be trusted.
    """
    folder = folder.resolve()
    bundle = load_bundle(folder)
    with _alone(folder.parent):
        before = champion_of(folder.parent)
        if before == bundle.version:
            raise PromotionRefused(f"{folder}: is the champion already")
        step: Step = {"kind": "promotion", "version": bundle.version, "sha256": bundle.sha256}
        if isinstance(grounds, Ungated):
            step["ungated"] = grounds._asdict()
        else:
            step["verdict"] = _lets(grounds, bundle, folder.parent / before)
        _take(folder.parent, step, before)
    return bundle


def rollback(product: Path, reason: str) -> Bundle:
    """Make the version before the last promotion champion again.

    Raises:
        PromotionRefused: There was no promotion to take back.
        StartupError: The earlier bundle cannot be trusted.
    """
    product = product.resolve()
    with _alone(product):
        before = champion_of(product)
        standing = _standing(steps(product))
        if len(standing) < 2:  # noqa: PLR2004 - this one and one to go back to
            raise PromotionRefused(f"{product}: no promotion to take back")
        bundle = load_bundle(product / standing[-2])
        step = {"kind": "rollback", "version": bundle.version, "sha256": bundle.sha256}
        _take(product, step | {"reason": reason}, before)
    return bundle


def champion_of(product: Path) -> str:
    """Return the version that is served.

    Raises:
        PromotionRefused: There is none.
    """
    try:
        return (product / CHAMPION).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PromotionRefused(f"{product / CHAMPION}: expected one line, a version") from error


def steps(product: Path) -> list[Step]:
    """Read what was done, the oldest first; a champion named by hand stands as a step, too.

    Raises:
        PromotionRefused: The history is damaged.
    """
    path = product / HISTORY
    champion = champion_of(product)
    try:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        taken = [json.loads(line) for line in lines]
        if taken and taken[-1]["version"] != champion:
            if taken[-1]["before"] == champion:
                return taken[:-1]
            taken.append({"kind": "hand", "version": champion, "before": taken[-1]["version"]})
    except (ValueError, KeyError, TypeError) as error:
        raise PromotionRefused(f"{path}: damaged: expected a JSON object a line") from error
    return taken


def downstream(models: Path, product: str) -> list[Downstream]:
    """Name the served bundles that look at a product's score; each must be gated again."""
    found = []
    for folder in sorted(each.parent for each in models.glob(f"*/{CHAMPION}")):
        bundle = load_champion(folder)
        if product in scores_wanted(bundle.product):
            pinned = bundle.manifest.get("data", {}).get("upstreams", [])
            hashes = {each["product"]: each["sha256"] for each in pinned}
            found.append(Downstream(bundle.product.name, bundle.version, hashes.get(product)))
    return found


def _standing(taken: list[Step]) -> list[str]:
    """List the versions that a rollback can go back through, the champion last."""
    standing = [taken[0]["before"]] if taken else []
    for step in taken:
        if step["kind"] == "rollback":
            standing.pop()
        else:
            standing.append(step["version"])
    return standing


def _take(product: Path, step: Step, before: str) -> None:
    moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    taken = [*steps(product), {"at": moment, **step, "before": before}]
    text = "\n".join(json.dumps(each, ensure_ascii=False) for each in taken)
    write_line(product / HISTORY, text)
    write_line(product / CHAMPION, step["version"])


def _lets(verdict: Path, bundle: Bundle, champion: Path) -> Mapping[str, Any]:
    """Check that a verdict promotes this bundle over the one that is served now."""
    record = _read_verdict(verdict)
    if not record["promotes"]:
        raise PromotionRefused(f"{verdict}: refuses: {_refusals(record)}")
    if record["challenger"]["sha256"] != bundle.sha256:
        raise PromotionRefused(f"{verdict}: is about another bundle than version {bundle.version}")
    if record["champion"]["sha256"] != _hash_of(champion):
        raise PromotionRefused(
            f"{verdict}: compares with another champion than version {champion.name}: compare again"
        )
    return {"seal": record[SEAL], "created": record["created"], "limits": record["limits"]}


def _read_verdict(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        whole = record[SEAL] == seal_of(record)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PromotionRefused(f"{path}: expected a verdict, as compare writes it") from error
    if not whole:
        raise PromotionRefused(f"{path}: altered since compare wrote it")
    return record


def _refusals(record: Mapping[str, Any]) -> str:
    refused = [each for each in record["checks"] if each["verdict"] == "refused"]
    return "; ".join(f"{each['name']}: {each['why']}" for each in refused)


def _hash_of(folder: Path) -> str:
    try:
        return hashlib.sha256((folder / NAME).read_bytes()).hexdigest()
    except OSError as error:
        raise StartupError(f"{folder / NAME}: {error.strerror}") from error


@contextmanager
def _alone(product: Path) -> Iterator[None]:
    """Let one promotion at a time touch a product; the lock goes with the process."""
    with (product / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
