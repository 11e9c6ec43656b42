"""``python -m training backtest``."""

import json
from pathlib import Path

import click

from riskscore.product.toml import read_product
from training.assess.intervals import Drawing
from training.backtest.gather import Ask, backtest
from training.backtest.page import page
from training.backtest.show import show
from training.commands.written import write_both
from training.datasets import Source
from training.failures import one_line_errors
from training.options import (
    FOLDER,
    Events,
    beside,
    draws_option,
    event_options,
    json_option,
    seed_option,
    truth_option,
)


@click.command("backtest")
@click.argument("events_folder", metavar="EVENTS", type=FOLDER)
@click.option(
    "--rules", type=click.Path(dir_okay=False, path_type=Path), help="A TOML file of your rules."
)
@click.option("--alerts", metavar="COLUMN", help="Instead: a column of EVENTS, your own alerts.")
@click.option("--product", metavar="PRODUCT_OR_TOML", help="With --alerts: what is scored.")
@click.option(
    "--bundle",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Judge this bundle instead of models fitted on EVENTS.",
)
@click.option(
    "--fits",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Models fitted one after another, each judged until the next.",
)
@click.option(
    "--alerts-per-day",
    type=click.FloatRange(0, min_open=True),
    multiple=True,
    help="Compare at so many alerts a day; may be repeated.",
)
@click.option(
    "--out",
    type=FOLDER,
    default=Path(),
    help="Folder for backtest.html and backtest.json; this one unless given.",
)
@truth_option
@event_options
@draws_option
@seed_option
@json_option
def backtest_command(
    events_folder: Path,
    rules: Path | None,
    alerts: str | None,
    product: str | None,
    bundle: Path | None,
    fits: int,
    alerts_per_day: tuple[float, ...],
    out: Path,
    truth: Path | None,
    events: Events,
    draws: int,
    seed: int,
    as_json: bool,
) -> None:
    """Judge a model and the rules in use side by side on EVENTS, before the first day.

    At each of several moments a model is fitted on what was known then, and judged on the
    applications until the next, at the same number of alerts a day as the rules. --from is the
    first of these moments, --as-of until when outcomes are known.
    """
    with one_line_errors():
        source = Source(
            path=events_folder,
            truth=truth,
            declarations=beside(product) if product else (),
            **events._asdict(),
        )
        ask = Ask(
            rules=rules,
            alerts=alerts,
            product=read_product(product) if product else None,
            bundle=bundle,
            fits=fits,
            alerts_per_day=alerts_per_day,
        )
        record = backtest(source, ask, Drawing(draws, seed))
    wrote = write_both(out, "backtest", record, page(record))
    if as_json:
        click.echo(json.dumps(record, allow_nan=False))
        return
    show(record)
    click.echo(wrote)
