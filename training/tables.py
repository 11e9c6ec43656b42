"""Figures as a person reads them, on stdout."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from riskscore.model.bundle import CHAMPION, Bundle

NAMES = {
    "auc": "AUC",
    "average_precision": "average precision",
    "brier": "Brier score",
    "log_loss": "log loss",
    "base_rate_log_loss": "log loss of the base rate",
    "calibration_slope": "calibration slope",
    "expected_positives": "positives expected",
    "observed_positives": "positives observed",
}


def show_fit(bundle: Bundle, models: Path) -> None:
    """Print what a fit made, and what it reached on its test slice."""
    data, judged = bundle.manifest["data"], bundle.manifest["metrics"]
    found = ", ".join(
        f"TPR {share:.3f} at {float(rate):.1%} FPR" for rate, share in judged["tpr_at_fpr"].items()
    )
    folder = models / bundle.product.name
    click.echo(
        f"{bundle.product.name} version {bundle.version}: {data['rows']:,} rows, "
        f"{data['positives']:,} positive, {bundle.manifest['trees']} trees\n"
        f"{_split(bundle.manifest['split'])}\n"
        f"test slice of {judged['rows']:,} rows: AUC {judged['auc']:.3f}, {found}\n"
        f"{_by_group(bundle.manifest.get('thresholds_by_group'))}"
        f"wrote {folder / bundle.version}, {_champion(folder, bundle.version)}"
    )


def _by_group(told: Mapping[str, Any] | None) -> str:
    """Say where review starts for each group that has a threshold of its own."""
    if told is None:
        return ""
    starts = [
        f"{each['group']} {each['review']['score']}"
        for each in told["groups"]
        if each["review"]["own"]
    ]
    return f"review by {told['feature']} from {', '.join([*starts, 'all others 500'])}\n"


def _split(slices: Mapping[str, Any]) -> str:
    """Say how the rows were cut; a day is enough to know a period by."""
    if any(each["from"] is None for each in slices.values()):
        return (
            "split at random within each label, as there is no time column occurred_at; "
            "if another column says when, name it with --time"
        )
    days = (f"{name} {each['from'][:10]} to {each['to'][:10]}" for name, each in slices.items())
    return f"split by time: {', '.join(days)}"


def _champion(folder: Path, version: str) -> str:
    champion = (folder / CHAMPION).read_text("ascii").strip()
    if champion == version:
        return f"champion is {champion}"
    return (
        f"champion stays {champion}\n"
        f"to let version {version} take its place: "
        f"python -m training compare {folder / version} {folder} LATER_ROWS --out verdict.json"
    )


def show_evaluation(figures: Mapping[str, Any]) -> None:
    """Print what ``evaluate`` found."""
    console = Console()
    console.print(_summary(figures, f"{figures['product']} version {figures['version']}"))
    console.print(_rules(figures))
    console.print(_bands(figures))


def show_crossvalidation(figures: Mapping[str, Any]) -> None:
    """Print what ``crossvalidate`` found: mean and standard deviation over folds."""
    title = f"{figures['product']}: {figures['folds']} folds, {figures['repeats']} repeats"
    Console().print(_summary(figures, title))
    for each in figures.get("tuning", []):
        click.echo(_found_in(each))


def _found_in(fold: Mapping[str, Any]) -> str:
    best = next(each for each in fold["trials"] if each["number"] == fold["best"])
    recipe = ", ".join(f"{name} {value:.3g}" for name, value in best["recipe"].items())
    return f"recipe of fold {fold['fold']}: {recipe}"


def _summary(figures: Mapping[str, Any], title: str) -> Table:
    spread = "auc_sd" in figures
    table = Table("figure", "value", *(["sd over folds"] if spread else []), title=title)
    table.add_row("rows", f"{figures['rows']:,}")
    table.add_row("positives", f"{figures['positives']:,}")
    for name, words in NAMES.items():
        cells = [figures[name], figures[f"{name}_sd"]] if spread else [figures[name]]
        table.add_row(words, *(number(cell) for cell in cells))
    for rate, share in figures["tpr_at_fpr"].items():
        cells = [share, figures["tpr_at_fpr_sd"][rate]] if spread else [share]
        table.add_row(f"TPR at {float(rate):.1%} FPR", *(number(cell) for cell in cells))
    return table


def _rules(figures: Mapping[str, Any]) -> Table:
    table = Table("rule", "FPR", "TPR", title="What is flagged")
    for name, rule in figures["thresholds"].items():
        words = f"{name}: margin from {rule['margin']:.3f}"
        table.add_row(words, f"{rule['fpr']:.2%}", f"{rule['tpr']:.2%}")
    for name, rule in figures["recommendations"].items():
        words = f"{name}: score from {rule['score']}"
        table.add_row(words, f"{rule['fpr']:.2%}", f"{rule['tpr']:.2%}")
    return table


def _bands(figures: Mapping[str, Any]) -> Table:
    table = Table("score", "rows", "observed", "expected", "observed / expected", title="By score")
    bands = [(f"{each['from']}-{each['to']}", each) for each in figures["bands"]]
    levels = [(each["level"], each) for each in figures["levels"]]
    for words, each in bands + levels:
        ratio = number(each["observed_over_expected"])
        cells = (f"{each['rows']:,}", f"{each['observed']:.6g}", f"{each['expected']:.1f}", ratio)
        table.add_row(words, *cells, end_section=each is bands[-1][1])
    return table


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}" if abs(value) < 1000 else f"{value:,.1f}"  # noqa: PLR2004
