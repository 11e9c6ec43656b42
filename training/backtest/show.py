"""A backtest as a person reads it, on stdout."""

from typing import Any

import click
from rich.console import Console
from rich.table import Table

from training.assess.show import WIDTH
from training.backtest.words import FOUND, SWAP, earlier, found_by_each, swapped, verdict, warnings

Record = dict[str, Any]


def show(record: Record) -> None:
    console = Console(width=max(Console().width, WIDTH))
    for line in (verdict(record), *warnings(record)):
        click.echo(line)
    console.print(_by_alerts(record))
    console.print(_swap(record["by_alerts"][record["own"]]))
    for line in earlier(record):
        click.echo(line)


def _by_alerts(record: Record) -> Table:
    table = Table(*FOUND, "model")
    for each in record["by_alerts"]:
        table.add_row(*found_by_each(each))
    return table


def _swap(point: Record) -> Table:
    table = Table(*SWAP, title="Swap set at as many alerts as the rules raise")
    for cells in swapped(point):
        table.add_row(*cells)
    return table
