"""An assessment as a person reads it, on stdout."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from training.assess.reasons import ReasonStability

NAMES = {
    "auc": "AUC",
    "average_precision": "average precision",
    "partial_auc": "mean TPR up to 5 % FPR",
    "tpr_at_0.1": "TPR at 0.1 % FPR",
    "tpr_at_1": "TPR at 1 % FPR",
    "tpr_at_5": "TPR at 5 % FPR",
    "log_loss": "log loss",
    "slope": "calibration slope",
    "observed_over_expected": "observed / expected",
    "review_fpr": "review FPR",
    "review_tpr": "review TPR",
    "block_fpr": "block FPR",
    "block_tpr": "block TPR",
}
RATES = frozenset({"review_fpr", "review_tpr", "block_fpr", "block_tpr"})
MOVED = 0.25  # stability index from which a column is worth a line
WIDTH = 120  # columns of text, also where the output is no terminal
SHOWN = 3  # columns that separate best

Record = Mapping[str, Any]


def show_assessment(found: Record) -> None:
    console = Console(width=max(Console().width, WIDTH))
    for table in (_intervals(found), _weeks(found), _slices(found), _fairness(found)):
        if table.row_count:
            console.print(table)
    for line in _lines(found):
        click.echo(line)


def reasons_told(found: ReasonStability) -> str:
    low, high = found.first_interval
    return (
        f"{found.rows} applications that a person would look at, {found.refits} refits on "
        f"bootstraps:\nthe first code stays in {found.first:.1%} ({low:.1%} to {high:.1%}; "
        f"{found.lowest:.1%} in the worst refit), and of all codes told {found.top:.1%} stay"
    )


def reasons_record(found: ReasonStability) -> dict[str, Any]:
    return {**found._asdict(), "first_interval": list(found.first_interval)}


def span(record: Record | None, *, rate: bool = False) -> str:
    """Write a figure with its interval."""
    if record is None or record["value"] is None:
        return "-"
    form = ".2%" if rate else ".3f"
    cells = ["-" if each is None else f"{each:{form}}" for each in record.values()]
    return f"{cells[0]} ({cells[1]} to {cells[2]})"


def _intervals(found: Record) -> Table:
    table = Table("figure", "value (95 % interval)", title="With intervals")
    for name, record in found["intervals"].items():
        kind, _, alerts = name.rpartition("_at_")
        words = NAMES.get(name, f"{kind} at {alerts} alerts")
        table.add_row(words, span(record, rate=name in RATES))
    return table


def _weeks(found: Record) -> Table:
    table = Table("week from", "rows", "frauds", "review FPR", "block FPR", "observed / expected")
    table.title = "By week"
    for each in found["weeks"]:
        table.add_row(
            each["from"][:10],
            f"{each['rows']:,}",
            str(each["positives"]),
            span(each["review_fpr"], rate=True),
            span(each["block_fpr"], rate=True),
            f"{each['observed_over_expected']:.2f}",
        )
    return table


def _slices(found: Record) -> Table:
    shown = ("auc", "tpr_at_1", "review_fpr", "review_tpr", "observed_over_expected")
    table = Table("slice", "rows", "frauds", *(NAMES[name] for name in shown), title="By slice")
    for each in found["slices"]:
        figures = each.get("figures", {})
        cells = (span(figures.get(name), rate=name in RATES) for name in shown)
        words = f"{each['by']}: {each['slice']}"
        table.add_row(words, f"{each['rows']:,}", str(each["positives"]), *cells)
    return table


def _fairness(found: Record) -> Table:
    table = Table("protected", "lowest FPR over highest", title="Fairness")
    for each in found["fairness"]:
        table.add_row(each["feature"], span(each["ratio"]))
    return table


def _lines(found: Record) -> Iterator[str]:
    best = found["leakage"]["columns"][:SHOWN]
    told = ", ".join(f"{each['name']} AUC {each['auc']:.3f}" for each in best)
    yield f"columns that tell most on their own: {told}"
    for each in found["leakage"]["later_than_the_row"]:
        if each["rows"]:
            yield f"{each['name']} is later than the row itself in {each['rows']:,} rows"
    for each in found["leakage"]["entities"]:
        yield (
            f"{each['name']}: {each['share_of_rows']:.1%} of the later rows share it with rows "
            "that the bundle learned from"
        )
    for each in found["leakage"]["upstream_in_sample"]:
        yield (
            f"in sample: {each['product']} version {each['version']} was fitted on the time of "
            "rows that hold its scores"
        )
    moved = found["stability"]
    if moved["scores_since_fit"] is not None:
        yield f"stability index of the scores since the fit: {moved['scores_since_fit']:.3f}"
    for name, value in moved["columns"].items():
        if value >= MOVED:
            yield f"{name} moved between the halves of the period: stability index {value:.2f}"
