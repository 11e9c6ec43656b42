"""Values of the command line's options."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from riskscore.errors import ConfigError
from riskscore.product.moments import BadMoment, moment_in_file
from riskscore.settings import with_secrets
from training.bootstrap import DRAWS

EXISTING = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)

label_option = click.option(
    "--label", default="label", show_default=True, help="Label column of a labelled table."
)
truth_option = click.option(
    "--truth", type=EXISTING, help="Judge on the labels of this file instead."
)
time_option = click.option("--time", help="Time column; occurred_at where there is one.")
seed_option = click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
thresholds_by_option = click.option(
    "--thresholds-by",
    metavar="FEATURE",
    help="A protected input: hit the innocent of each of its groups equally often. A decision then "
    "depends on a protected attribute, which may be unlawful.",
)
trials_option = click.option(
    "--trials", type=click.IntRange(1), help="Search for a recipe: trials in all, or in each fold."
)
timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    help="Search for a recipe: seconds after which no trial is begun, in all or in each fold.",
)
tune_fpr_option = click.option(
    "--tune-fpr",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.01,
    show_default=True,
    help="What a trial is judged by: frauds found at this false-positive rate.",
)
study_option = click.option(
    "--study",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that keeps every trial, to go on from.",
)
draws_option = click.option(
    "--draws",
    type=click.IntRange(50),
    default=DRAWS,
    show_default=True,
    help="Resamples behind the intervals.",
)


def beside(product: str) -> tuple[Path, ...]:
    """Say where products that a product file looks at may be declared."""
    return (Path(product).parent,) if Path(product).is_file() else ()


def told_database() -> str:
    """Read where the service keeps its store, from the environment or from the file it names."""
    try:
        return with_secrets(os.environ)["RISKSCORE_DATABASE_URL"]
    except KeyError:
        raise click.UsageError("expected --database or RISKSCORE_DATABASE_URL") from None
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


database_option = click.option(
    "--database",
    default=told_database,
    help="URL of a store.  [default: RISKSCORE_DATABASE_URL, or what its _FILE holds]",
)


class Moment(click.ParamType):
    """A date or date-time, as microseconds UTC."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return moment_in_file(value)
        except BadMoment as error:
            self.fail(str(error), param, ctx)


class TableFile(click.Path):
    """A file to write a table to, whose suffix says in which form."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(str(super().convert(value, param, ctx)))
        if path.suffix.lower() not in {".csv", ".parquet"}:
            self.fail("expected a name that ends in .csv or .parquet", param, ctx)
        return path


class Names(click.ParamType):
    """Column names, separated by commas."""

    name = "columns"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[str]:
        del param, ctx
        return [name.strip() for name in value.split(",") if name.strip()]


class Events(NamedTuple):
    """What only event folders know."""

    as_of: int | None
    first: int | None
    known_since: int | None
    scores_from: tuple[Path, ...]
    agreements: Path | None


def event_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that only event folders know, as its argument ``events``."""

    @click.option(
        "--as-of", type=Moment(), help="Event folder: only what was known by then counts."
    )
    @click.option(
        "--from",
        "first",
        type=Moment(),
        help="Event folder: only applications from then on are rows, earlier ones are history.",
    )
    @click.option(
        "--known-since",
        type=Moment(),
        help="Event folder: since when all was watched; by default each tenant's first event.",
    )
    @click.option(
        "--scores-from",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        multiple=True,
        help="Event folder: a bundle fitted on earlier time, whose scores history looks at.",
    )
    @click.option(
        "--agreements",
        type=EXISTING,
        help="Event folder: the file of agreements by which tenants see each other's history.",
    )
    @wraps(command)
    def with_events(
        *args: Any,
        as_of: int | None,
        first: int | None,
        known_since: int | None,
        scores_from: tuple[Path, ...],
        agreements: Path | None,
        **more: Any,
    ) -> None:
        command(*args, events=Events(as_of, first, known_since, scores_from, agreements), **more)

    return with_events
