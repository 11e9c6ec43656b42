"""The command ``riskscore agreements``: what the tenants agreed on, before it is served."""

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import click

from riskscore.errors import RiskScoreError
from riskscore.history.agreements import Agreement, read_agreements
from riskscore.product.moments import now
from riskscore.product.spec import Product
from riskscore.settings import settings_from
from riskscore.upkeep import declarations


@click.group()
def agreements() -> None:
    """What tenants let each other see."""


@agreements.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Prove FILE, and say of each agreement what it lets whom see now.

    Ends with 1 where an agreement speaks of a product that nobody declares, or covers no column.
    """
    try:
        products = declarations(settings_from(os.environ).models)
        found = read_agreements(file)
    except RiskScoreError as error:
        raise click.ClickException(str(error)) from error
    good = True
    for each in found:
        click.echo(f"{each.name}: {each.gives} to {each.gets}, {state(each)}")
        columns = [*covered(each, products)]
        good &= bool(columns)
        for line in columns or [why_none(each, products)]:
            click.echo(f"    {line}")
    sys.exit(0 if good else 1)


def covered(agreement: Agreement, products: Mapping[str, Product]) -> Iterator[str]:
    """Name the history columns that an agreement lets see the other tenant's applications."""
    for product in products.values():
        for each in product.history:
            if agreement.covers(each):
                yield f"{product.name}.{each.name}"


def why_none(agreement: Agreement, products: Mapping[str, Product]) -> str:
    if agreement.product not in products:
        return f"NOTHING: expected one of the products {', '.join(sorted(products))}"
    columns = [
        each for one in products.values() for each in one.history if each.of == agreement.product
    ]
    asked = sorted({f"{each.measure} over {span(each.window)}" for each in columns})
    return f"NOTHING: the columns that look at {agreement.product} ask for {', '.join(asked)}"


def span(window: timedelta) -> str:
    return str(window).removesuffix(", 0:00:00")


def state(agreement: Agreement) -> str:
    at = now()
    if agreement.over(at):
        return "over"
    return "in force" if agreement.in_force(at) else "not in force yet"
