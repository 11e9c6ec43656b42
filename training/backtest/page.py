"""A backtest as one page: no script, no font, no picture from anywhere; light, dark, on paper."""

from html import escape
from typing import Any

from training.backtest import plots
from training.backtest.words import (
    FOUND,
    SWAP,
    a_day,
    earlier,
    found_by_each,
    swapped,
    verdict,
    warnings,
)
from training.card.markup import day, document, figures, listed, section, table

Record = dict[str, Any]


def page(record: Record) -> str:
    """Write the whole page."""
    title = f"{record['title']}: a model against the rules in use"
    parts = [
        _head(record, title),
        section("By alerts a day", by_alerts(record)),
        section("Swap set", swap_set(record)),
        section("Found earlier", listed(earlier(record))),
        section("Frauds by what made somebody look", found_how(record)),
        *([section("Rule by rule", single(record))] if record["single"] else []),
        section("What this cannot tell", limits(record)),
        section("How it was made", made(record)),
    ]
    return document(title, parts)


def _head(record: Record, title: str) -> str:
    judged = record["judged_on"]
    told = "".join(f"<p><strong>{escape(each)}</strong></p>" for each in warnings(record))
    return (
        f"<header><h1>{escape(title)}</h1><p>{judged['rows']:,} applications from"
        f" {day(judged['from'])} to {day(judged['to'])}, {judged['a_day']:,.0f} a day, that the"
        f" model had not seen. In brackets 95 % intervals; all figures are in"
        f" <code>backtest.json</code>.</p></header>\n<p>{escape(verdict(record))}</p>\n{told}"
    )


def by_alerts(record: Record) -> str:
    rows = [found_by_each(each) for each in record["by_alerts"]]
    lines = [
        "Blue is the model, orange the rules; the dot that ends their line is all they raise.",
        (
            "Both sides alert as many, on average over the period. Of applications that break"
            " equally many rules a share counts, as if drawn by lot. A dash: the rules do not raise"
            " so many."
        ),
    ]
    drawn = figures(plots.frauds_found(record), plots.innocents(record))
    return drawn + table([*FOUND, "innocents per fraud: model"], rows) + listed(lines)


def swap_set(record: Record) -> str:
    rows = [[a_day(each), *cells] for each in record["by_alerts"] for cells in swapped(each)]
    lines = [
        (
            "Model only is what would be gained, rules only what would be lost, if the model"
            " replaced the rules. Where nobody looked, an alert counts as innocent and may be a"
            " fraud."
        )
    ]
    return table(["alerts a day", *SWAP], rows) + listed(lines)


def found_how(record: Record) -> str:
    rows = [
        [
            each["because"],
            f"{each['frauds']:,}",
            *(
                f"{each[side]:,.0f} ({each[side] / each['frauds']:.0%})"
                for side in ("rules", "model")
            ),
        ]
        for each in record["found_how"]
    ]
    looks = ", ".join(record["rules"]["looks"])
    lines = [
        (
            f"Somebody looked because of the rules where looked_because is {looks}. Rules look"
            " good on frauds that they themselves made somebody find; the frauds that others found"
            " are the fairer test of both."
        )
    ]
    if {each["because"] for each in record["found_how"]} <= {"not said", "never found"}:
        lines.append(
            "The outcomes do not say why anybody looked, so every one of them may be owed to the"
            " rules, and the comparison may flatter them."
        )
    return table(["found because of", "frauds", "rules alert", "model alerts"], rows) + listed(
        lines
    )


def single(record: Record) -> str:
    rows = [
        [
            each["name"],
            f"{each['alerts']:,.0f}",
            f"{each['frauds']:,.0f}",
            f"{each['alone_alerts']:,.0f}",
            f"{each['alone_frauds']:,.0f}",
            f"{each['model_frauds']:,.0f}",
        ]
        for each in record["single"]
    ]
    head = ["rule", "hits", "frauds", "hits no other has", "frauds no other has"]
    return table([*head, "frauds the model alerts, too"], rows)


def limits(record: Record) -> str:
    judged = record["judged_on"]
    late, rows = judged["lateness"], judged["rows"]
    lines = [
        (
            f"Outcomes exist only where somebody looked: at {judged['looked_at']:,} of {rows:,}"
            " applications. Fraud that nobody found counts as innocent for both sides."
        ),
        "What was blocked at once was never followed up, and is no fraud here, whoever alerts it.",
        "One application counts as one person; somebody who applies often can be hit often.",
        "Intervals say how the figures would move with other days, not with another model.",
        (
            "Found earlier compares the moment of the application with the day the outcome came;"
            " the time people need to look at an alert is not taken off."
        ),
    ]
    if late is not None:
        lines.insert(
            1,
            f"Outcomes are late: half come within {late['median_days']:.0f} days, 90 % within"
            f" {late['days_until_90_percent']:.0f}. Of the frauds among the youngest applications"
            f" judged about {judged['known_of_youngest']:.0%} can be known, among the oldest"
            f" {judged['known_of_oldest']:.0%}.",
        )
    return listed(lines)


def made(record: Record) -> str:
    model, rules = record["model"], record["rules"]
    rows = [
        [
            day(each["as_of"]),
            f"{each['fitted_on']['rows']:,}",
            f"{each['fitted_on']['positives']:,}",
            each["trees"],
            f"{each['judged']:,}",
            day(each["judged_until"]),
        ]
        for each in model["fits"]
    ]
    head = ["fitted on what was known", "applications", "frauds", "trees", "then judged", "until"]
    known = day(record["judged_on"]["as_of"])
    lines = [
        f"Rules: {rules['from']}. Labels from {record['judged_on']['label']}, as known by {known}."
    ]
    if model["bundle"] is not None:
        about = model["bundle"]
        lines.append(
            f"Model: bundle version {about['version']}, {about['sha256'][:16]}, judged on"
            " applications later than all that it learned from."
        )
    return (table(head, rows) if rows else "") + listed(lines)
