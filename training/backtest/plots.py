"""The plots of a backtest, each drawn from its own record."""

from typing import Any

from training.card.svg import Axis, Plot, Point, nice

Record = dict[str, Any]


def frauds_found(record: Record) -> str:
    """Draw frauds found by alerts a day by both sides."""
    sides = record["curve"]
    every = [*sides["model"], *sides["rules"]]
    x = Axis(title="alerts a day", ticks=nice(0, max(each["a_day"] for each in every)))
    y = Axis(title="frauds found", ticks=nice(0, max(each["high"] for each in every)))
    plot = Plot(x, y, title="Frauds found by alerts a day, with 95 % intervals")
    for side, kind in (("model", "one"), ("rules", "two")):
        points = sides[side]
        plot.band(_points(points, "low"), _points(points, "high"), kind)
        plot.line(_points(points, "value"), kind)
    own = record["by_alerts"][record["own"]]
    plot.point(own["a_day"], own["rules"]["frauds"]["value"], kind="two")
    return plot.svg()


def innocents(record: Record) -> str:
    """Draw innocents per fraud found, at each number of alerts; empty where frauds are too few."""
    told = [
        (each["a_day"], side, each[side]["innocents_per_fraud"])
        for each in record["by_alerts"]
        for side in ("model", "rules")
        if each[side] is not None and each[side]["innocents_per_fraud"] is not None
    ]
    if not told:
        return ""
    tops = [each["value"] if each["high"] is None else each["high"] for _, _, each in told]
    x = Axis(title="alerts a day", ticks=nice(0, max(a_day for a_day, _, _ in told)))
    y = Axis(title="innocents per fraud", ticks=nice(0, max(tops)))
    plot = Plot(x, y, title="Innocents hit per fraud found, with 95 % intervals")
    for a_day, side, each in told:
        around = None if each["low"] is None else (each["low"], each["high"])
        plot.point(a_day, each["value"], around, "one" if side == "model" else "two")
    return plot.svg()


def _points(points: list[Record], name: str) -> list[Point]:
    return [(each["a_day"], each[name]) for each in points]
