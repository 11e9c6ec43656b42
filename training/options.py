"""Values of the command line's options."""

from pathlib import Path
from typing import Any

import click

from riskscore.product.moments import BadMoment, moment_in_file

EXISTING = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


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
