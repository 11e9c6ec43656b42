"""``python -m training history``."""

from pathlib import Path

import click

from riskscore.product.outputs import check_output
from riskscore.product.toml import read_product
from training.datasets import Source
from training.events import read_events
from training.failures import one_line_errors
from training.holdout import write_rows
from training.options import FOLDER, Events, TableFile, beside, event_options


@click.command("history")
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
