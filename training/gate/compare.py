"""Compare a challenger with a champion: every check, and whether it may take its place."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from riskscore.model.manifest import sealed
from training.bootstrap import DRAWS
from training.datasets import Source
from training.finite import finite
from training.gate.checks import Check, checks
from training.gate.figures import Figures
from training.gate.limits import Limits
from training.gate.sides import Sides, read_sides
from training.record import data


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What the gate found; ``record`` is all of it, as a verdict file keeps it."""

    checks: tuple[Check, ...]
    record: dict[str, Any]

    @property
    def promotes(self) -> bool:
        return all(each.verdict != "refused" for each in self.checks)


def compare(  # noqa: PLR0913 - one argument per option
    challenger: Path,
    champion: Path,
    source: Source,
    limits: Limits,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Compared:
    """Judge two bundles side by side on rows that neither was fitted on.

    Raises:
        NotComparable: They cannot be judged on these rows.
        DataError, TrainingError, StartupError: As the message says.
    """
    sides = read_sides(challenger, champion, source)
    figures = Figures(sides, draws=draws, seed=seed)
    answered = tuple(checks(sides, figures, limits))
    found = Compared(checks=answered, record={})
    return Compared(checks=answered, record=_record(sides, figures, limits, found))


def _record(sides: Sides, figures: Figures, limits: Limits, found: Compared) -> dict[str, Any]:
    return {
        "product": sides.challenger.bundle.product.name,
        "challenger": sides.challenger.about,
        "champion": sides.champion.about,
        "promotes": found.promotes,
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": data(sides.challenger.rows),
        "checks": [each._asdict() for each in found.checks],
        "figures": figures.as_record(),
        "limits": limits.tables,
    }


def verdict_text(found: Compared) -> str:
    """Write a verdict that says when it was altered."""
    return json.dumps(sealed(finite(found.record)), indent=1, ensure_ascii=False, allow_nan=False)
