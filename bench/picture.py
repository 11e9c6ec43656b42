"""A picture of bars, written as SVG: no library draws anything else here."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

LEFT, WIDE, RIGHT, HIGH, GAP, TOP = 300, 460, 170, 18, 10, 40


class Bar(NamedTuple):
    """One value and how far its rounds were apart."""

    label: str
    value: float
    low: float
    high: float
    note: str = ""


def draw(path: Path, title: str, bars: Sequence[Bar]) -> None:
    """Write bars under each other, from zero, with a whisker over the rounds."""
    per = WIDE / max(each.high for each in bars)
    height = TOP + len(bars) * (HIGH + GAP) + GAP
    width = LEFT + WIDE + RIGHT
    parts = [bar(each, TOP + place * (HIGH + GAP), per) for place, each in enumerate(bars)]
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="13"><rect width="{width}" height="{height}" '
        f'fill="#fff"/><text x="10" y="22" font-size="15">{escape(title)}</text>'
        f"{''.join(parts)}</svg>\n"
    )


def bar(each: Bar, top: int, per: float) -> str:
    middle, end = top + HIGH / 2, LEFT + each.value * per
    low, high = LEFT + each.low * per, LEFT + each.high * per
    said = f"{each.value:,.0f} {each.note}".strip()
    return (
        f'<text x="{LEFT - 8}" y="{middle + 5}" text-anchor="end">{escape(each.label)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{end - LEFT:.1f}" height="{HIGH}" fill="#4a7fb5"/>'
        f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="#222" stroke-width="2"/>'
        f'<text x="{max(end, high) + 8:.1f}" y="{middle + 5}">{escape(said)}</text>'
    )
