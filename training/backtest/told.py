"""What the comparison says, as the record keeps it: by alerts a day, the swap set, rule by rule."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from training.assess.intervals import ENOUGH, Drawing
from training.backtest.rules import LOOKS, Rules
from training.backtest.sides import Point, Sides, with_intervals
from training.backtest.swap import Shares, counts, middle
from training.backtest.theirs import Theirs

Record = dict[str, Any]


def looks(rules: Rules | None) -> tuple[str, ...]:
    return LOOKS if rules is None else rules.looks


def compared(sides: Sides, theirs: Theirs, rules: Rules | None, how: Drawing) -> Record:
    """Say what both sides find at each number of alerts, and what stands behind it."""
    figures = with_intervals(sides, how)
    own = next(place for place, each in enumerate(sides.points) if each.own)
    return {
        "by_alerts": [
            _point(sides, point, place, figures) for place, point in enumerate(sides.points)
        ],
        "own": own,
        "curve": _curve(sides, figures),
        "found_how": list(_found_how(sides, sides.points[own], looks(rules))),
        "single": list(_single(sides, sides.points[own], theirs, rules)),
    }


def _point(sides: Sides, point: Point, place: int, figures: Mapping[str, Record]) -> Record:
    ours = {
        name.partition(".")[2]: each
        for name, each in figures.items()
        if name.startswith(f"{place}.")
    }
    both = sides.at(point, np.ones(len(sides.judged.labels)))
    cells = {} if both is None else both._asdict()
    told = {
        side: _named(ours, side) for side in ("model", "rules", "more") if both or side == "model"
    }
    _leave_out_few(told)
    return {
        "a_day": point.alerts / sides.judged.days,
        "alerts": point.alerts,
        "own": point.own,
        "model": told["model"],
        "rules": told.get("rules"),
        "more": told.get("more"),
        "swap": {name: _cell(sides, shares, _named(ours, name)) for name, shares in cells.items()}
        or None,
    }


def _leave_out_few(told: Mapping[str, Record]) -> None:
    """Drop ratios that rest on fewer frauds than say anything; a difference rests on both sides."""
    few = {
        side for side, each in told.items() if side != "more" and each["frauds"]["value"] < ENOUGH
    }
    for side in few | ({"more"} if few and "more" in told else set()):
        told[side]["innocents_per_fraud"] = None


def _named(figures: Mapping[str, Record], side: str) -> Record:
    begin = f"{side}_"
    wanted = {"alerts", "frauds", "share", "innocents_per_fraud", "days"}
    return {
        name.removeprefix(begin): each
        for name, each in figures.items()
        if name.startswith(begin) and name.removeprefix(begin) in wanted
    }


def _cell(sides: Sides, shares: Shares, figures: Record) -> Record:
    """Say of one part of the swap set how many, whether anybody looked, and how late."""
    judged = sides.judged
    innocent = judged.labels == 0
    frauds = shares * (judged.labels == 1)
    dated = float(frauds @ ~np.isnan(judged.known.days))
    days = figures.pop("days")
    quarters = [middle(judged.known.days, frauds, each) for each in (0.25, 0.75)]
    return {
        **figures,
        "found_innocent": float(shares @ (innocent & judged.known.looked)),
        "nobody_looked": float(shares @ (innocent & ~judged.known.looked)),
        "days": days | {"quarters": quarters, "frauds": dated} if dated >= ENOUGH else None,
    }


def _curve(sides: Sides, figures: Mapping[str, Record]) -> Record:
    a_day = (sides.grid / sides.judged.days).tolist()
    return {
        side: [
            {"a_day": x, **each}
            for place, x in enumerate(a_day)
            if not np.isnan((each := figures[f"curve.{side}.{place}"])["value"])
        ]
        for side in ("rules", "model")
    }


def _found_how(sides: Sides, own: Point, because: Sequence[str]) -> Iterator[Record]:
    """Count frauds by what made somebody look: the rules, something else, or nothing known."""
    judged, both = sides.judged, sides.at(own, np.ones(len(sides.judged.labels)))
    if both is None:
        return
    fraud = judged.labels == 1
    never = np.isnan(judged.known.days)
    owed = np.isin(judged.known.because, list(because))
    silent = judged.known.because == ""
    groups = {
        "rules": ~never & owed,
        "others": ~never & ~owed & ~silent,
        "not said": ~never & silent,
        "never found": never,
    }
    for name, ours in groups.items():
        here = fraud & ours
        if here.any():
            yield {
                "because": name,
                "frauds": int(here.sum()),
                "rules": float(both.rules @ here),
                "model": float(both.model @ here),
            }


def _single(sides: Sides, own: Point, theirs: Theirs, rules: Rules | None) -> Iterator[Record]:
    """Say of each rule what it brings, what no other does, and what the model finds of that."""
    if rules is None:
        return
    labels = sides.judged.labels
    ones = np.ones(len(labels))
    model = sides.alone(own, ones)
    number = np.sum(list(theirs.single.values()), axis=0)
    for each in rules.rules:
        hit = theirs.single[each.name].astype(np.float64)
        alerts, frauds = counts(hit, ones, labels)
        yield {
            "name": each.name,
            "doc": each.doc,
            "points": each.points,
            "alerts": alerts,
            "frauds": frauds,
            "alone_alerts": float(hit @ (number == 1)),
            "alone_frauds": float(hit @ ((number == 1) & (labels == 1))),
            "model_frauds": float((hit * model) @ labels),
        }
