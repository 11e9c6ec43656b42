"""What the race must show: ours over theirs, round by round."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from bench.contenders import TITLES
from bench.race import Loads
from bench.table import Line, over_rounds
from bench.wrk import Load

COMMAND = "python -m bench.serving"


class Ratio(NamedTuple):
    """One comparison, and what is asked of it."""

    ours: str
    theirs: str
    what: str
    asked: Mapping[str, float]


RATIOS = (
    Ratio("shipped", "shipped-echo", "answers/s", {"least": 0.33, "aim": 0.40}),
    Ratio("shipped", "shipped-dev", "answers/s", {"least": 0.9}),
    Ratio("ours", "echo", "answers/s", {"least": 0.20, "aim": 0.30}),
    Ratio("without-reasons", "echo", "answers/s", {}),
    Ratio("ours", "usual", "answers/s", {"least": 5, "aim": 8}),
    Ratio("ours", "mlserver", "answers/s", {"least": 1.0, "aim": 1.5}),
    Ratio("ours", "mlserver", "p99", {"least": 0.5, "aim": 0.25, "falling": True}),
    Ratio("ours", "bentoml", "answers/s", {}),
    Ratio("ours", "fastapi", "answers/s", {}),
)
FIGURES: Mapping[str, Callable[[Load], float]] = {
    "answers/s": lambda load: load.rate,
    "p99": lambda load: load.p99,
}


def ratios(loads: Loads) -> list[Line]:
    """Compare whom we have; a ratio is taken within each round."""
    return [line(each, loads) for each in RATIOS if {each.ours, each.theirs} <= loads.keys()]


def line(ratio: Ratio, loads: Loads) -> Line:
    figure = FIGURES[ratio.what]
    pairs = list(zip(loads[ratio.ours], loads[ratio.theirs], strict=True))
    errors = sum(load.errors for pair in pairs for load in pair)
    failed = f", {errors} ERRORS" if errors else ""
    return over_rounds(
        [figure(ours) / figure(theirs) for ours, theirs in pairs],
        what=f"{ratio.what}: {TITLES[ratio.ours]} / {TITLES[ratio.theirs]}{failed}",
        unit="x",
        command=f"{COMMAND} --parts race --only {ratio.ours} {ratio.theirs}",
        **ratio.asked,
    )
