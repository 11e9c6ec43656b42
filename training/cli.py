"""Command line: ``python -m training``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from riskscore.errors import DataError, StartupError
from riskscore.product.moments import BadMoment, moment_in_file
from riskscore.product.toml import read_product
from training.datasets import Source
from training.errors import OptionInvalid, TrainingError
from training.holdout import Holdout
from training.pipeline import Order, fit

EXISTING = click.Path(exists=True, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Fit and judge the models that riskscore serves."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what the caller can put right into one line and exit 1; a bug keeps its traceback."""
    try:
        yield
    except (DataError, StartupError, TrainingError) as error:
        raise click.ClickException(str(error)) from error


class Moment(click.ParamType):
    """A date or date-time, as microseconds UTC."""

    name = "date"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return moment_in_file(value)
        except BadMoment as error:
            self.fail(str(error), param, ctx)


@main.command("fit")
@click.argument("product")
@click.argument("data", type=EXISTING)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--label", default="label", show_default=True, help="The label column of a table.")
@click.option("--time", help="The time column; occurred_at where there is one.")
@click.option("--as-of", type=Moment(), help="Event folder: only what was known by then counts.")
@click.option("--holdout", type=click.FloatRange(0, 1, min_open=True, max_open=True))
@click.option("--holdout-out", type=FILE, help="Where the rows held out go: csv or parquet.")
@click.option("--version", help="The version's name; the next number unless given.")
@click.option("--seed", default=0, show_default=True)
def fit_command(  # noqa: PLR0913, PLR0917 - click passes every option
    product: str,
    data: Path,
    out: Path,
    label: str,
    time: str | None,
    as_of: int | None,
    holdout: float | None,
    holdout_out: Path | None,
    version: str | None,
    seed: int,
) -> None:
    """Fit PRODUCT (a built-in name or a TOML file) on DATA and write its bundle."""
    with one_line_errors():
        folder = fit(
            read_product(product),
            Source(path=data, label=label, time=time, as_of=as_of),
            Order(
                models=out,
                seed=seed,
                version=version,
                holdout=_holdout(holdout, holdout_out),
            ),
        )
    click.echo(f"{folder}")


def _holdout(share: float | None, out: Path | None) -> Holdout | None:
    if share is None and out is None:
        return None
    if share is None or out is None:
        raise OptionInvalid("--holdout and --holdout-out go together")
    if out.suffix.lower() not in {".csv", ".parquet"}:
        raise OptionInvalid(f"--holdout-out: {out}: expected a name that ends in .csv or .parquet")
    return Holdout(share, out)
