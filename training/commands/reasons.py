"""``python -m training reasons``."""

import json
from pathlib import Path

import click

from riskscore.product.toml import read_product
from training.assess.reasons import reason_stability
from training.assess.show import reasons_record, reasons_told
from training.datasets import Source
from training.failures import one_line_errors
from training.options import (
    EXISTING,
    Events,
    beside,
    event_options,
    json_option,
    label_option,
    seed_option,
    time_option,
)
from training.read import read_dataset


@click.command("reasons")
@click.argument("product", metavar="PRODUCT_OR_TOML")
@click.argument("data", type=EXISTING)
@click.option("--refits", type=click.IntRange(2), default=10, show_default=True)
@label_option
@time_option
@event_options
@seed_option
@json_option
def reasons_command(
    product: str,
    data: Path,
    refits: int,
    label: str,
    time: str | None,
    events: Events,
    seed: int,
    as_json: bool,
) -> None:
    """Measure how often the reasons told stay when a product is fitted on other draws of DATA."""
    with one_line_errors():
        source = Source(
            path=data, label=label, time=time, declarations=beside(product), **events._asdict()
        )
        dataset = read_dataset(read_product(product), source)
        found = reason_stability(dataset, refits=refits, seed=seed)
    click.echo(json.dumps(reasons_record(found)) if as_json else reasons_told(found))
