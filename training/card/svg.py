"""Small plots as SVG, drawn here so that a page needs nothing from anywhere else."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 420, 280
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 14, 44
BIG, SMALL = 1e4, 1e-3  # beyond these, ticks are written with an exponent

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis.

    Attributes:
        ticks: Where a line and a number stand, ascending; the first and last end the axis.
        names: What stands there instead of numbers.
    """

    title: str
    ticks: Sequence[float]
    log: bool = False
    percent: bool = False
    names: Sequence[str] = ()

    def share(self, value: float) -> float:
        """Return how far along the axis a value stands, from 0 to 1."""
        low, high = self._scaled(self.ticks[0]), self._scaled(self.ticks[-1])
        along = (self._scaled(value) - low) / (high - low) if high > low else 0.5
        return min(max(along, 0.0), 1.0)

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-12)) if self.log else value

    def labels(self) -> Sequence[str]:
        return self.names or [number(each, percent=self.percent) for each in self.ticks]


def number(value: float, *, percent: bool = False) -> str:
    if percent:
        return f"{value * 100:.3g} %"
    return f"{value:.0e}" if value and not SMALL <= abs(value) < BIG else f"{value:.4g}"


def nice(low: float, high: float, *, parts: int = 4) -> list[float]:
    """Return round numbers from at most ``low`` to at least ``high``."""
    span = high - low
    if not span > 0:
        return [low - 0.5, low + 0.5]
    step = 10 ** math.floor(math.log10(span / parts))
    step = next(step * each for each in (1, 2, 2.5, 5, 10) if step * each * parts >= span)
    start = math.floor(low / step)
    return [each * step for each in range(start, math.ceil(high / step) + 1)]


class Plot:
    """Axes, and what is drawn in them, in the order drawn."""

    def __init__(self, x: Axis, y: Axis, *, title: str) -> None:
        self._x, self._y, self._title = x, y, title
        self._drawn: list[str] = []

    def line(self, points: Iterable[Point], kind: str = "one") -> None:
        path = " ".join(self._at(*each) for each in points)
        self._drawn.append(f'<polyline class="line {kind}" points="{path}"/>')

    def band(self, lower: Sequence[Point], upper: Sequence[Point], kind: str = "one") -> None:
        path = " ".join(self._at(*each) for each in [*lower, *reversed(upper)])
        self._drawn.append(f'<polygon class="band {kind}" points="{path}"/>')

    def point(self, x: float, y: float, around: Point | None = None, kind: str = "one") -> None:
        """Mark a point, with its interval where there is one."""
        across, up = self._place(x, y)
        if around is not None:
            ends = [self._place(x, each)[1] for each in around]
            self._drawn.append(
                f'<line class="line {kind}" x1="{across:.1f}" x2="{across:.1f}" '
                f'y1="{ends[0]:.1f}" y2="{ends[1]:.1f}"/>'
            )
        self._drawn.append(f'<circle class="{kind}" cx="{across:.1f}" cy="{up:.1f}" r="3"/>')

    def bar(self, start: float, end: float, height: float, kind: str = "one") -> None:
        left, up = self._place(start, height)
        right, ground = self._place(end, self._y.ticks[0])
        self._drawn.append(
            f'<rect class="{kind}" x="{left:.1f}" y="{up:.1f}" '
            f'width="{max(right - left - 1, 1):.1f}" height="{ground - up:.1f}"/>'
        )

    def svg(self) -> str:
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self._title)}">'
            f"<title>{escape(self._title)}</title>{self._grid()}{''.join(self._drawn)}</svg>"
        )

    def _grid(self) -> str:
        parts = []
        for value, label in zip(self._x.ticks, self._x.labels(), strict=True):
            across, _ = self._place(value, self._y.ticks[0])
            parts.append(
                f'<line class="grid" x1="{across:.1f}" x2="{across:.1f}" y1="{TOP}" '
                f'y2="{HEIGHT - BOTTOM}"/><text class="x" x="{across:.1f}" '
                f'y="{HEIGHT - BOTTOM + 15}">{escape(label)}</text>'
            )
        for value, label in zip(self._y.ticks, self._y.labels(), strict=True):
            _, up = self._place(self._x.ticks[0], value)
            parts.append(
                f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up:.1f}" y2="{up:.1f}"/>'
                f'<text class="y" x="{LEFT - 5}" y="{up + 4:.1f}">{escape(label)}</text>'
            )
        middle, centre = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
        parts.append(
            f'<text class="x title" x="{middle}" y="{HEIGHT - 8}">{escape(self._x.title)}</text>'
            f'<text class="x title" transform="translate(12 {centre}) rotate(-90)">'
            f"{escape(self._y.title)}</text>"
        )
        return "".join(parts)

    def _at(self, x: float, y: float) -> str:
        across, up = self._place(x, y)
        return f"{across:.1f},{up:.1f}"

    def _place(self, x: float, y: float) -> Point:
        across = LEFT + self._x.share(x) * (WIDTH - LEFT - RIGHT)
        up = HEIGHT - BOTTOM - self._y.share(y) * (HEIGHT - TOP - BOTTOM)
        return across, up
