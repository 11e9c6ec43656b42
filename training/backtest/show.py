"""A backtest as a person reads it, on stdout."""

from typing import Any

import click
from rich.console import Console
from rich.table import Table

from training.assess.show import WIDTH
from training.backtest.words import CELLS, a_day, earlier, span, verdict, warnings

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
    table = Table("alerts a day", "frauds: rules", "frauds: model", "difference")
    table.add_column("innocents per fraud: rules")
    table.add_column("model")
    for each in record["by_alerts"]:
        ours, theirs, more = each["model"], each["rules"], each["more"]
        table.add_row(
            a_day(each),
            "-" if theirs is None else span(theirs["frauds"]),
            span(ours["frauds"]),
            "-" if more is None else span(more["frauds"], "+,.0f"),
            "-" if theirs is None else span(theirs["innocents_per_fraud"], ",.1f"),
            span(ours["innocents_per_fraud"], ",.1f"),
        )
    return table


def _swap(point: Record) -> Table:
    table = Table("alerted by", "alerts", "frauds", "looked at and honest", "nobody looked")
    table.title = "Swap set at as many alerts as the rules raise"
    for name, cell in point["swap"].items():
        looked = [f"{cell[each]:,.0f}" for each in ("found_innocent", "nobody_looked")]
        table.add_row(CELLS[name], span(cell["alerts"]), span(cell["frauds"]), *looked)
    return table
