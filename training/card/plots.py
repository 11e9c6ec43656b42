"""The plots of a card, each drawn from the card's own record."""

from typing import Any

from riskscore.model.scale import HIGHEST
from training.card.svg import Axis, Plot, Point, nice

Record = dict[str, Any]

SHARES = [0, 0.25, 0.5, 0.75, 1]
DECADES = [1e-4, 1e-3, 1e-2, 1e-1, 1]
MOST_NAMES = 6  # side by side on an axis
MOST_WEEKS = 6  # that are named on an axis


def roc(record: Record) -> str:
    x = Axis(title="false-positive rate", ticks=DECADES, log=True, percent=True)
    y = Axis(title="frauds found", ticks=SHARES, percent=True)
    plot = Plot(x, y, title="ROC curve with its 95 % interval")
    _curve(plot, record["curves"]["roc"])
    return plot.svg()


def precision_recall(record: Record) -> str:
    x = Axis(title="frauds found", ticks=SHARES, percent=True)
    y = Axis(title="precision", ticks=SHARES, percent=True)
    plot = Plot(x, y, title="Precision-recall curve with its 95 % interval")
    _curve(plot, record["curves"]["precision_recall"])
    return plot.svg()


def _curve(plot: Plot, points: list[Record]) -> None:
    plot.band(_points(points, "low"), _points(points, "high"))
    plot.line(_points(points, "value"))


def _points(points: list[Record], name: str) -> list[Point]:
    return [(each["x"], each[name]) for each in points]


def calibration(record: Record) -> str:
    """Draw observed over expected frauds band by band; 1 is right."""
    bands = [
        each
        for each in record["assessment"]["score_bands"]
        if each["positives"] and each["observed_over_expected"]["value"] is not None
    ]
    ticks = [0.25, 0.5, 1, 2, 4]
    x = Axis(title="score", ticks=[0, 250, 500, 750, 1000])
    y = Axis(title="observed over expected", ticks=ticks, log=True)
    plot = Plot(x, y, title="Observed over expected frauds by score band")
    plot.line([(0, 1), (HIGHEST, 1)], "still")
    for each in bands:
        told = each["observed_over_expected"]
        around = (max(told["low"], ticks[0]), told["high"])
        plot.point(each["from"] + 25, told["value"], around)
    return plot.svg()


def distribution(record: Record) -> str:
    bands = record["distribution"]
    top = max(max(each["innocent"], each["fraud"]) for each in bands)
    x = Axis(title="score", ticks=[0, 250, 500, 750, 1000])
    y = Axis(title="share of rows", ticks=nice(0, top), percent=True)
    plot = Plot(x, y, title="Scores of the innocent and of frauds")
    for each in bands:
        middle = each["from"] + 25
        plot.bar(each["from"], middle, each["innocent"])
        plot.bar(middle, middle + 25, each["fraud"], "two")
    return plot.svg()


def weeks(record: Record) -> str:
    """Draw the realised false-positive rate of review, week by week; empty without a time."""
    told = [each for each in record["assessment"]["weeks"] if each["review_fpr"]]
    if not told:
        return ""
    asked = (record["model"]["asked"] or {}).get("review_fpr")
    asked = record["model"]["recipe"]["review_fpr"] if asked is None else asked
    top = max(asked, *(each["review_fpr"]["high"] for each in told))
    step = max(1, -(-len(told) // MOST_WEEKS))
    places = sorted({*range(0, len(told), step), len(told) - 1})
    names = [told[place]["from"][5:10] for place in places]
    x = Axis(title="week from", ticks=[float(each) for each in places], names=names)
    y = Axis(title="review FPR", ticks=nice(0, top), percent=True)
    plot = Plot(x, y, title="Innocent applications looked at, week by week")
    plot.line([(0, asked), (len(told) - 1, asked)], "still")
    for place, each in enumerate(told):
        rate = each["review_fpr"]
        plot.point(place, rate["value"], (rate["low"], rate["high"]))
    return plot.svg()


def dependence(column: Record) -> str:
    """Draw what a column's values do to the log-odds: the middle, and the middle half of rows."""
    parts = column["parts"]
    named = any(each["word"] not in {None, "missing"} for each in parts)
    known = [each for each in parts if each["value"] is not None]
    lone = [each for each in parts if each["value"] is None]
    low = min(each["low"] for each in parts)
    high = max(each["high"] for each in parts)
    y = Axis(title="log-odds", ticks=nice(min(low, 0), max(high, 0)))
    places = [float(number) for number in range(len(parts))]
    names = [each["word"] or f"{each['value']:.3g}" for each in (*known, *lone)]
    x = Axis(title=_unit(column), ticks=places, names=_thinned(names))
    plot = Plot(x, y, title=f"What {column['name']} does to the score")
    plot.line([(0, 0), (max(len(parts) - 1, 1), 0)], "still")
    spots = list(zip(places, (*known, *lone), strict=True))
    if not named:
        there = spots[: len(known)]
        plot.line([(place, each["middle"]) for place, each in there])
    for place, each in spots:
        plot.point(place, each["middle"], (each["low"], each["high"]))
    return plot.svg()


def _thinned(names: list[str]) -> list[str]:
    """Leave every other name out where all of them would run into each other."""
    if len(names) <= MOST_NAMES:
        return [each[:12] for each in names]
    last = len(names) - 1
    return [each[:8] if (last - place) % 2 == 0 else "" for place, each in enumerate(names)]


def _unit(column: Record) -> str:
    return f"{column['name']} ({column['unit']})" if column["unit"] else str(column["name"])
