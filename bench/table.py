"""What was measured, as lines: kept as csv beside each other, printed as one table.

    python -m bench.table

prints every csv of ``build/bench`` again.
"""

import csv
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from bench.places import BUILD

LINES = "lines"  # what the csv files of lines end with


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure, and what was asked of it.

    Attributes:
        unit: ``x`` for a ratio.
        low: Of the rounds; NaN where there was one.
        high: Likewise.
        least: What it must be at least, or at most if ``falling``; NaN if nothing was asked.
        aim: What it should be.
        falling: Whether less is better.
        command: That measures it.
    """

    what: str
    figure: float
    unit: str
    command: str
    low: float = math.nan
    high: float = math.nan
    least: float = math.nan
    aim: float = math.nan
    falling: bool = False

    @property
    def verdict(self) -> str:
        if math.isnan(self.least):
            return ""
        sign = -1 if self.falling else 1
        if not math.isnan(self.aim) and sign * self.figure >= sign * self.aim:
            return "aim"
        return "ok" if sign * self.figure >= sign * self.least else "SHORT"


def over_rounds(
    figures: Sequence[float], *, what: str, unit: str, command: str, **asked: float
) -> Line:
    """Make a line of what several rounds found: the median, and their spread."""
    falling = bool(asked.pop("falling", False))
    return Line(
        what=what,
        figure=statistics.median(figures),
        unit=unit,
        command=command,
        low=min(figures),
        high=max(figures),
        falling=falling,
        **asked,
    )


def save(name: str, lines: Iterable[Line], folder: Path = BUILD) -> Path:
    """Keep the lines of one program."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{LINES}.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Line)])
        writer.writeheader()
        writer.writerows(asdict(each) for each in lines)
    return path


def saved(folder: Path = BUILD) -> list[Line]:
    """Read the lines of all programs."""
    lines = []
    for path in sorted(folder.glob(f"*-{LINES}.csv")):
        with path.open(newline="") as file:
            lines += [read(row) for row in csv.DictReader(file)]
    return lines


def read(row: dict[str, str]) -> Line:
    return Line(
        what=row["what"],
        figure=float(row["figure"]),
        unit=row["unit"],
        command=row["command"],
        low=float(row["low"]),
        high=float(row["high"]),
        least=float(row["least"]),
        aim=float(row["aim"]),
        falling=row["falling"] == "True",
    )


def table(lines: Iterable[Line]) -> str:
    """Write lines under each other, each with its command."""
    head = ("what", "figure", "rounds", "least", "aim", "", "command")
    rows = [head, *(row_of(each) for each in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def row_of(line: Line) -> tuple[str, ...]:
    spread = "" if math.isnan(line.low) else f"{shown(line.low)}-{shown(line.high)}"
    return (
        line.what,
        f"{shown(line.figure)} {line.unit}",
        spread,
        shown(line.least),
        shown(line.aim),
        line.verdict,
        line.command,
    )


def shown(value: float) -> str:
    """Write three digits that count; nothing where there is nothing."""
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


if __name__ == "__main__":
    print(table(saved()))
