"""Command line: ``python -m training``."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import click

from riskscore.model.bundle import load_bundle, load_champions
from riskscore.product.outputs import check_output
from riskscore.product.toml import read_product
from training.asked import Asked, read_costs
from training.assess.intervals import Drawing
from training.assess.reasons import reason_stability
from training.assess.show import reasons_record, reasons_told, show_assessment
from training.backtest.command import backtest_command
from training.bootstrap import DRAWS
from training.card.command import card_command
from training.crossvalidate import Folds, crossvalidate
from training.datasets import Source
from training.errors import OptionInvalid
from training.evaluate import Depth, evaluate
from training.events import read_events
from training.export import export
from training.failures import one_line_errors
from training.gate.command import compare_command, promote_command, rollback_command
from training.holdout import Holdout, write_rows
from training.notices import warn
from training.options import (
    EXISTING,
    FOLDER,
    Events,
    Names,
    TableFile,
    beside,
    database_option,
    event_options,
    json_option,
    label_option,
    seed_option,
    study_option,
    time_option,
    timeout_option,
    trials_option,
    truth_option,
    tune_fpr_option,
)
from training.pipeline import Order, fit
from training.read import read_dataset
from training.simulate.command import simulate
from training.tables import show_crossvalidation, show_evaluation, show_fit
from training.tune import Search
from training.unlabelled import Unlabelled
from training.without import without


@click.group()
def main() -> None:
    """Fit and judge the models that riskscore serves."""


for command in (
    simulate,
    backtest_command,
    card_command,
    compare_command,
    promote_command,
    rollback_command,
):
    main.add_command(command)


@main.command("history")
@click.argument("product", metavar="PRODUCT_OR_TOML")
@click.argument("events_folder", metavar="EVENTS", type=FOLDER)
@click.option("--out", type=TableFile(), required=True, help="csv or parquet, by the suffix.")
@event_options
def history_command(product: str, events_folder: Path, out: Path, events: Events) -> None:
    """Write the applications of EVENTS as a labelled table with their history columns."""
    with one_line_errors():
        check_output(out, events_folder)
        source = Source(path=events_folder, declarations=beside(product), **events._asdict())
        rows = read_events(read_product(product), source)
        write_rows(rows, out)
    click.echo(f"wrote {out}: {len(rows):,} rows, {rows.positives:,} positive")


@main.command("fit")
@click.argument("product", metavar="PRODUCT_OR_TOML")
@click.argument("data", type=EXISTING)
@click.option("--out", type=FOLDER, required=True, help="The models folder.")
@label_option
@time_option
@event_options
@click.option(
    "--holdout",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Share of the rows, the latest ones, to set aside before anything else.",
)
@click.option("--holdout-out", type=TableFile(), help="Where they go: csv or parquet.")
@click.option("--version", help="Name of the version; the next number unless given.")
@click.option(
    "--weighed/--plain",
    default=False,
    show_default=True,
    help="Event folder: weigh found frauds by lateness and source; leave out rows too young.",
)
@click.option(
    "--unlabelled",
    type=click.Choice(get_args(Unlabelled)),
    default="clean",
    show_default=True,
    help="Event folder: what rows are of which no fraud was found.",
)
@click.option(
    "--found-share",
    type=click.FloatRange(0, 1, min_open=True),
    help="With --unlabelled pu: the share of frauds that is ever found; estimated unless told.",
)
@click.option(
    "--latest", is_flag=True, help="Set thresholds on the latest rows, test slice included."
)
@click.option(
    "--threshold-confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Set thresholds so that new rows stay within the asked rates with this confidence.",
)
@click.option(
    "--alerts-per-day",
    type=click.FloatRange(0, min_open=True),
    help="Start review where so many applications a day are looked at.",
)
@click.option(
    "--costs",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A TOML file of costs, by which both thresholds are set.",
)
@trials_option
@timeout_option
@tune_fpr_option
@study_option
@click.option(
    "--external-memory",
    is_flag=True,
    help="Keep rows on disk (in TMPDIR) that memory does not hold; a labelled table only.",
)
@click.option(
    "--dask",
    metavar="SCHEDULER",
    help="Grow the trees on a cluster: tcp://HOST:PORT, local, or local:N for N workers here.",
)
@seed_option
def fit_command(  # noqa: PLR0917 - click passes every option
    product: str,
    data: Path,
    out: Path,
    label: str,
    time: str | None,
    events: Events,
    holdout: float | None,
    holdout_out: Path | None,
    version: str | None,
    weighed: bool,  # noqa: FBT001 - a flag of the command line
    unlabelled: Unlabelled,
    found_share: float | None,
    latest: bool,  # noqa: FBT001
    threshold_confidence: float | None,
    alerts_per_day: float | None,
    costs: Path | None,
    trials: int | None,
    timeout: float | None,
    tune_fpr: float,
    study: Path | None,
    external_memory: bool,  # noqa: FBT001 - likewise
    dask: str | None,
    seed: int,
) -> None:
    """Fit a product on labelled rows and write its bundle.

    PRODUCT_OR_TOML is the name of a built-in product or a product file. DATA is a labelled table
    (csv, parquet or a folder of parquet parts) or an event folder.
    """
    with one_line_errors():
        source = Source(
            path=data,
            label=label,
            time=time,
            weighed=weighed,
            unlabelled=unlabelled,
            declarations=beside(product),
            **events._asdict(),
        )
        aside = _holdout(holdout, holdout_out)
        asked = _asked(alerts_per_day, costs)
        asked = replace(
            asked, found_share=found_share, latest=latest, confidence=threshold_confidence
        )
        search = _search(trials, timeout, tune_fpr, study)
        order = Order(
            models=out,
            seed=seed,
            version=version,
            holdout=aside,
            asked=asked,
            search=search,
            external_memory=external_memory,
            dask=dask,
        )
        bundle = load_bundle(fit(read_product(product), source, order))
    show_fit(bundle, out)


@main.command("evaluate")
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("data", type=EXISTING)
@label_option
@truth_option
@time_option
@event_options
@click.option("--out", type=TableFile(), help="Write each row's margin, probability and score.")
@click.option("--by", type=Names(), multiple=True, help="Inputs to judge slice by slice.")
@click.option(
    "--draws",
    type=click.IntRange(0),
    default=DRAWS,
    show_default=True,
    help="Resamples behind the intervals; 0 for the plain figures alone.",
)
@seed_option
@json_option
def evaluate_command(  # noqa: PLR0917 - click passes every option
    bundle: Path,
    data: Path,
    label: str,
    truth: Path | None,
    time: str | None,
    events: Events,
    out: Path | None,
    by: tuple[list[str], ...],
    draws: int,
    seed: int,
    as_json: bool,  # noqa: FBT001 - a flag of the command line
) -> None:
    """Judge a bundle on labelled rows: as a whole, by week, by slice, for fairness and for leaks.

    BUNDLE is the folder of a version, or of a product, whose champion is judged.
    """
    with one_line_errors():
        source = Source(path=data, label=label, time=time, truth=truth, **events._asdict())
        depth = Depth(Drawing(draws, seed), tuple(name for names in by for name in names))
        found = evaluate(bundle, source, out=out, depth=depth if draws else None)
    if found.seen.certain:
        warn(
            f"about {found.seen.share:.0%} of these rows were used to fit this bundle, "
            "so these figures are too good; judge it on rows it has not seen"
        )
    if as_json:
        click.echo(json.dumps(found.figures, allow_nan=False))
    else:
        show_evaluation(found.figures)
        if draws:
            show_assessment(found.figures)


@main.command("crossvalidate")
@click.argument("product", metavar="PRODUCT_OR_TOML")
@click.argument("data", type=EXISTING)
@click.option("--folds", type=click.IntRange(2), default=5, show_default=True)
@click.option("--repeats", type=click.IntRange(1), default=1, show_default=True)
@label_option
@event_options
@click.option(
    "--without",
    "left_out",
    type=Names(),
    multiple=True,
    help="Columns to leave out of the model, separated by commas; * stands for anything.",
)
@trials_option
@timeout_option
@tune_fpr_option
@study_option
@seed_option
@json_option
def crossvalidate_command(  # noqa: PLR0917 - click passes every option
    product: str,
    data: Path,
    folds: int,
    repeats: int,
    label: str,
    events: Events,
    left_out: tuple[list[str], ...],
    trials: int | None,
    timeout: float | None,
    tune_fpr: float,
    study: Path | None,
    seed: int,
    as_json: bool,  # noqa: FBT001 - a flag of the command line
) -> None:
    """Measure what a product's recipe reaches on labelled rows, without writing a bundle.

    With --trials or --timeout a recipe is searched for in every fold anew, on its training rows
    alone.
    """
    with one_line_errors():
        declared = without(read_product(product), [name for names in left_out for name in names])
        source = Source(path=data, label=label, declarations=beside(product), **events._asdict())
        dataset = read_dataset(declared, source)
        search = _search(trials, timeout, tune_fpr, study)
        found = crossvalidate(dataset, Folds(folds, repeats, seed), search)
    if as_json:
        click.echo(json.dumps(found, allow_nan=False))
    else:
        show_crossvalidation(found)


@main.command("reasons")
@click.argument("product", metavar="PRODUCT_OR_TOML")
@click.argument("data", type=EXISTING)
@click.option("--refits", type=click.IntRange(2), default=10, show_default=True)
@label_option
@time_option
@event_options
@seed_option
@json_option
def reasons_command(  # noqa: PLR0917 - click passes every option
    product: str,
    data: Path,
    refits: int,
    label: str,
    time: str | None,
    events: Events,
    seed: int,
    as_json: bool,  # noqa: FBT001 - a flag of the command line
) -> None:
    """Measure how often the reasons told stay when a product is fitted on other draws of DATA."""
    with one_line_errors():
        source = Source(
            path=data, label=label, time=time, declarations=beside(product), **events._asdict()
        )
        dataset = read_dataset(read_product(product), source)
        found = reason_stability(dataset, refits=refits, seed=seed)
    click.echo(json.dumps(reasons_record(found)) if as_json else reasons_told(found))


@main.command("export")
@database_option
@click.option("--out", type=FOLDER, required=True, help="The event folder to write.")
@click.option(
    "--models",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("models"),
    show_default=True,
    help="The models folder whose champions say which columns each product has.",
)
def export_command(database: str, out: Path, models: Path) -> None:
    """Write an event folder of what a service saw: the values it served, and their outcomes."""
    with one_line_errors():
        products = [each.product for each in load_champions(models).values()]
        counts = export(database, products, out)
    click.echo(f"wrote {out}: {', '.join(f'{name} {rows:,}' for name, rows in counts.items())}")


def _asked(alerts_per_day: float | None, costs: Path | None) -> Asked:
    if alerts_per_day is not None and costs is not None:
        raise OptionInvalid("--alerts-per-day and --costs: expected at most one")
    return Asked(alerts_per_day=alerts_per_day, costs=None if costs is None else read_costs(costs))


def _search(
    trials: int | None, timeout: float | None, fpr: float, study: Path | None
) -> Search | None:
    if trials is None and timeout is None:
        if study is not None:
            raise OptionInvalid("--study: expected --trials or --timeout with it")
        return None
    return Search(trials=trials, timeout=timeout, fpr=fpr, study=study)


def _holdout(share: float | None, out: Path | None) -> Holdout | None:
    if share is None and out is None:
        return None
    if share is None or out is None:
        raise OptionInvalid("--holdout and --holdout-out: expected both or none")
    return Holdout(share, out)
