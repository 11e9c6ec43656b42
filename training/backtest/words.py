"""A backtest's figures in words, the same on the page and in the terminal."""

from typing import Any

Record = dict[str, Any]

FOUND = [
    *("alerts a day", "frauds: rules", "frauds: model", "difference"),
    "innocents per fraud: rules",
]
SWAP = ["alerted by", "alerts", "frauds", "looked at and honest", "nobody looked"]
CELLS = {"both": "both", "rules_only": "rules only", "model_only": "model only"}


def span(told: Record | None, form: str = ",.0f") -> str:
    """Write a figure with its interval."""
    if told is None or told["value"] is None:
        return "too few"
    if told["low"] is None:
        return f"{told['value']:{form}}"
    return f"{told['value']:{form}} ({told['low']:{form}} to {told['high']:{form}})"


def a_day(point: Record) -> str:
    return f"{point['a_day']:.3g}{' (yours)' if point['own'] else ''}"


def found_by_each(point: Record) -> list[str]:
    """Write what both sides find at a number of alerts: the columns FOUND, then the model's."""
    ours, theirs, more = point["model"], point["rules"], point["more"]
    return [
        a_day(point),
        "-" if theirs is None else span(theirs["frauds"]),
        span(ours["frauds"]),
        "-" if more is None else span(more["frauds"], "+,.0f"),
        "-" if theirs is None else span(theirs["innocents_per_fraud"], ",.1f"),
        span(ours["innocents_per_fraud"], ",.1f"),
    ]


def swapped(point: Record) -> list[list[str]]:
    """Write the parts of the swap set, of which there are none where the rules raise too few."""
    return [
        [
            CELLS[name],
            *(span(cell[each]) for each in ("alerts", "frauds")),
            *(f"{cell[each]:,.0f}" for each in ("found_innocent", "nobody_looked")),
        ]
        for name, cell in (point["swap"] or {}).items()
    ]


def verdict(record: Record) -> str:
    """Say in a sentence or two what was found at as many alerts as the rules raise."""
    own = record["by_alerts"][record["own"]]
    ours, theirs, more = own["model"], own["rules"], own["more"]["frauds"]
    if more["low"] > 0:
        said = "the model finds more, beyond noise"
    elif more["high"] < 0:
        said = "the rules find more, beyond noise"
    else:
        said = "which of them finds more cannot be told from noise"
    return (
        f"At {own['a_day']:.3g} alerts a day, as many as the rules raise, the model finds "
        f"{span(ours['frauds'])} of {record['judged_on']['positives']:,} frauds and the rules "
        f"{span(theirs['frauds'])}: {said} (difference {span(more, '+,.0f')}). Innocents hit per "
        f"fraud found: model {span(ours['innocents_per_fraud'], ',.1f')}, rules "
        f"{span(theirs['innocents_per_fraud'], ',.1f')}."
    )


def earlier(record: Record) -> list[str]:
    """Say how much earlier frauds are found that one side alone alerts."""
    cells = record["by_alerts"][record["own"]]["swap"]
    return [
        _earlier("The model alone alerts", "would have been found earlier", cells["model_only"]),
        _earlier(
            "The rules alone alert", "would be found later without them,", cells["rules_only"]
        ),
    ]


def _earlier(who: str, what: str, cell: Record) -> str:
    begin = f"{who} {span(cell['frauds'])} frauds"
    if cell["days"] is None:
        return f"{begin}; too few of them have a date to say how much earlier that is."
    low, high = cell["days"]["quarters"]
    return (
        f"{begin}: they {what} by a median of {span(cell['days'], ',.0f')} days"
        f" (middle half {low:,.0f} to {high:,.0f})."
    )


def warnings(record: Record) -> list[str]:
    """Say what makes the figures weaker than they look."""
    found = record["leakage"]
    lines = [
        f"Column {each['name']} tells frauds apart all on its own (AUC {each['auc']:.3f}): was it"
        " filled in after the fact? If so the model's figures are too good."
        for each in found["columns"]
    ]
    lines += [
        f"{each['name']} is later than the application itself in {each['rows']:,} rows."
        " It cannot have been known then."
        for each in found["later_than_the_row"]
    ]
    if record["judged_on"]["lateness"] is None:
        lines.append(
            "Fewer than 100 dated frauds: how late outcomes come cannot be told, so the youngest"
            " applications count as innocent although nobody had time to find out."
        )
    return lines
