"""``python -m training crossvalidate``."""

import json
from pathlib import Path

import click

from riskscore.product.toml import read_product
from training.commands.search import search_options
from training.crossvalidate import Folds, crossvalidate
from training.datasets import Source
from training.failures import one_line_errors
from training.options import (
    EXISTING,
    Events,
    Names,
    beside,
    event_options,
    json_option,
    label_option,
    seed_option,
)
from training.read import read_dataset
from training.tables import show_crossvalidation
from training.tune import Search
from training.without import without


@click.command("crossvalidate")
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
@search_options
@seed_option
@json_option
def crossvalidate_command(
    product: str,
    data: Path,
    folds: int,
    repeats: int,
    label: str,
    events: Events,
    left_out: tuple[list[str], ...],
    search: Search | None,
    seed: int,
    as_json: bool,
) -> None:
    """Measure what a product's recipe reaches on labelled rows, without writing a bundle.

    With --trials or --timeout a recipe is searched for in every fold anew, on its training rows
    alone.
    """
    with one_line_errors():
        declared = without(read_product(product), [name for names in left_out for name in names])
        source = Source(path=data, label=label, declarations=beside(product), **events._asdict())
        dataset = read_dataset(declared, source)
        found = crossvalidate(dataset, Folds(folds, repeats, seed), search)
    if as_json:
        click.echo(json.dumps(found, allow_nan=False))
    else:
        show_crossvalidation(found)
