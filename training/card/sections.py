"""What each part of the page says, from the card's record alone."""

from html import escape
from typing import Any

from training.assess.show import NAMES, RATES, span
from training.card import plots
from training.card.apart import by_group
from training.card.markup import Cells, day, figures, listed, table

Record = dict[str, Any]

MOVED = 0.1  # stability index from which a column is told


def use(record: Record) -> str:
    judged = record["judged_on"]
    lines = [
        (
            "Gives a person, or a rule that a person answers for, a score, its reasons and a next"
            " step for one application. It is no verdict: nobody should lose a phone or an account"
            " by a score alone."
        ),
        (
            "Ranks applications like those it was fitted on. Where customers, products or fraud"
            " have changed since, judge it again before relying on it."
        ),
        (
            "Labels are what somebody found out. Fraud that nobody found counts as innocent here,"
            " so false-positive rates are, if anything, too high and frauds expected too few."
        ),
    ]
    if judged["seen"]["certain"]:
        lines.insert(
            0,
            f"About {judged['seen']['share']:.0%} of the rows judged on were fitted on:"
            " every figure here is too good.",
        )
    return listed(lines)


def data(record: Record) -> str:
    model, judged = record["model"], record["judged_on"]
    rows = [_period(f"fit: {name}", each) for name, each in (model["split"] or {}).items()]
    rows.append(_period("judged on", judged))
    known = (model["data"] or {}).get("as_of")
    lines = [f"Labels from {judged['label']}."]
    if known:
        lines.append(f"It was fitted on outcomes known by {day(known)}.")
    lines += [
        f"Scores of {each['product']} version {each['version']} are among its columns."
        for each in (model["data"] or {}).get("upstreams", [])
    ]
    return table(["rows", "count", "frauds", "from", "to"], rows) + listed(lines)


def _period(name: str, each: Record) -> Cells:
    return [
        name,
        f"{each['rows']:,}",
        f"{each['positives']:,}",
        day(each["from"]),
        day(each["to"]),
    ]


def ranks(record: Record) -> str:
    rows = []
    for name, told in record["assessment"]["intervals"].items():
        kind, _, alerts = name.rpartition("_at_")
        rows.append([NAMES.get(name, f"{kind} at {alerts} alerts"), span(told, rate=name in RATES)])
    return figures(plots.roc(record), plots.precision_recall(record)) + table(
        ["figure", "value"], rows
    )


def calibrated(record: Record) -> str:
    chosen = record["model"]["calibrated_by"] or {}
    losses = ", ".join(f"{name} {loss:.5f}" for name, loss in chosen.get("log_loss", {}).items())
    lines = [
        "A score of 500 is where review starts, and 50 points more double the odds.",
        (
            "Left: observed over expected frauds by score band, 1 is right; above it more came"
            " than expected, as where many outcomes were still to come when the model was fitted."
            " Right: scores of the innocent (first bar) and of frauds (second)."
        ),
    ]
    if losses:
        lines.append(f"Map: {chosen['map']}; log loss on later rows: {losses}.")
    if "found_share" in chosen:
        lines.append(
            "Probabilities are those of fraud, found or not, as if"
            f" {chosen['found_share']:.0%} of it were ever found; so against labels of what was"
            " found, observed over expected is rightly below 1."
        )
    return figures(plots.calibration(record), plots.distribution(record)) + listed(lines)


def thresholds(record: Record) -> str:
    told = record["model"]["thresholds_on"] or {}
    realised = record["assessment"]["intervals"]
    rows = []
    for name, rule in record["figures"]["recommendations"].items():
        fitted = told.get(name)
        rows.append(
            [
                name,
                rule["score"],
                _margin(fitted),
                "-" if fitted is None else f"{fitted['asked']:.2%}",
                "-"
                if fitted is None
                else f"{fitted['fpr']:.2%} ({fitted['low']:.2%} to {fitted['high']:.2%})",
                span(realised[f"{name}_fpr"], rate=True),
                span(realised[f"{name}_tpr"], rate=True),
            ]
        )
    head = [
        "rule",
        "from score",
        "margin when set",
        "FPR asked",
        "FPR when set",
        "FPR here",
        "frauds found here",
    ]
    return table(head, rows) + _sureness(told) + by_group(record) + figures(plots.weeks(record))


def _margin(fitted: Record | None) -> str:
    """Say where a threshold lies, and where it would had other days been drawn."""
    if fitted is None or "margin" not in fitted:  # older bundles do not say
        return "-"
    low, high = fitted["margin_low"], fitted["margin_high"]
    return f"{fitted['margin']:.3f} ({low:.3f} to {high:.3f})"


def _sureness(told: Record) -> str:
    lines = [
        f"The {name} threshold was set so that new rows like those it was set on stay within"
        f" {each['asked']:.2%} with {each['confidence']:.0%} confidence, if nothing changes."
        for name, each in told.items()
        if each.get("confidence") is not None
    ]
    return listed(lines) if lines else ""


def columns(record: Record) -> str:
    leading = record["dependence"]
    rows = [[each["name"], f"{each['importance']:.3f}", each["doc"]] for each in leading]
    told = listed(
        [
            (
                "Importance is the mean absolute Shapley value in log-odds. Each plot shows what"
                " the column's values add to the log-odds, exactly: the middle of the rows, and"
                " their middle half."
            )
        ]
    )
    drawn = figures(*(plots.dependence(each) for each in leading))
    return told + table(["column", "importance", "what it is"], rows) + drawn + _reasons(record)


def _reasons(record: Record) -> str:
    stable = record["reasons"]
    if stable is None:
        return ""
    low, high = stable["first_interval"]
    return listed(
        [
            (
                f"Reasons: of {stable['rows']} applications that a person would look at, over"
                f" {stable['refits']} refits on other draws of the rows, the first code stays in"
                f" {stable['first']:.1%} ({low:.1%} to {high:.1%}); of all codes told,"
                f" {stable['top']:.1%} stay."
            )
        ]
    )


def slices(record: Record) -> str:
    shown = ("auc", "tpr_at_1", "review_fpr", "review_tpr", "observed_over_expected")
    rows = []
    for each in record["assessment"]["slices"]:
        found = each.get("figures", {})
        cells = [span(found.get(name), rate=name in RATES) for name in shown]
        about = [f"{each['by']}: {each['slice']}", f"{each['rows']:,}", each["positives"]]
        rows.append([*about, *cells])
    return table(["slice", "rows", "frauds", *(NAMES[name] for name in shown)], rows)


def fairness(record: Record) -> str:
    parts = []
    for each in record["assessment"]["fairness"]:
        rows = [
            [
                group["name"],
                f"{group['rows']:,}",
                f"{group['expected_false_positives']:.0f}",
                span(group["fpr"], rate=True),
                span(group["tpr"], rate=True),
                span(group["observed_over_expected"]),
            ]
            for group in each["groups"]
        ]
        head = ["group", "rows", "false positives expected", "FPR", "TPR", "observed / expected"]
        lines = [f"Lowest false-positive rate over highest: {span(each['ratio'])}."]
        lines += [_proxy(told) for told in each["proxies"]]
        lines += [
            f"{told['group']}: a threshold of its own for the asked rate would find"
            f" {told['tpr']:.1%} of its frauds."
            for told in each["thresholds_by_group"]
        ]
        parts.append(f"<h3>{escape(each['feature'])}</h3>\n" + table(head, rows) + listed(lines))
    return "".join(parts) or listed(["The rows have no protected column, so nothing is known."])


def _proxy(told: Record) -> str:
    best = ", ".join(f"{each['name']} ({each['auc']:.2f})" for each in told["columns"][:3])
    return (
        f"{told['group']}: all columns together tell it from the others with AUC"
        f" {told['auc']:.2f}; most on their own {best}."
    )


def stability(record: Record) -> str:
    found, leaked = record["assessment"]["stability"], record["assessment"]["leakage"]
    lines = []
    if found["scores_since_fit"] is not None:
        lines.append(
            f"Stability index of the scores since the fit: {found['scores_since_fit']:.3f}."
        )
    moved = [f"{name} {value:.2f}" for name, value in found["columns"].items() if value >= MOVED]
    lines.append(
        "Columns that moved between the halves of the period (stability index from .1): "
        + (", ".join(moved) or "none")
        + "."
    )
    best = ", ".join(f"{each['name']} {each['auc']:.3f}" for each in leaked["columns"][:5])
    lines.append(f"AUC of the columns that tell most on their own: {best}.")
    lines += [
        f"{each['name']}: {each['share_of_rows']:.1%} of the later rows share it with rows that the"
        " bundle learned from."
        for each in leaked["entities"]
    ]
    lines += [
        f"{each['name']} is later than the row itself in {each['rows']:,} rows."
        for each in leaked["later_than_the_row"]
        if each["rows"]
    ]
    return listed(lines)


def made(record: Record) -> str:
    model = record["model"]
    recipe = [[name, value] for name, value in (model["recipe"] or {}).items()]
    libraries = ", ".join(f"{name} {text}" for name, text in (model["libraries"] or {}).items())
    trees = model["trees"] or model["rounds"]  # once every round was one tree, and only rounds told
    lines = [f"{trees} trees, seed {model['seed']}; {libraries}."]
    if model["data"]:
        lines.append(f"SHA-256 of the rows fitted on: {model['data']['sha256']}.")
    return listed(lines) + table(["recipe", "value"], recipe)
