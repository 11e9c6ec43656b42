"""Options of a search for a recipe."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from training.errors import OptionInvalid
from training.failures import one_line_errors
from training.tune import Search


def search_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a search, as its argument ``search``; None for no search."""

    @click.option(
        "--trials",
        type=click.IntRange(1),
        help="Search for a recipe: trials in all, or in each fold.",
    )
    @click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        help="Search for a recipe: seconds after which no trial is begun, in all or in each fold.",
    )
    @click.option(
        "--tune-fpr",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.01,
        show_default=True,
        help="What a trial is judged by: frauds found at this false-positive rate.",
    )
    @click.option(
        "--study",
        type=click.Path(dir_okay=False, path_type=Path),
        help="File that keeps every trial, to go on from.",
    )
    @wraps(command)
    def with_search(
        *args: Any,
        trials: int | None,
        timeout: float | None,
        tune_fpr: float,
        study: Path | None,
        **more: Any,
    ) -> None:
        with one_line_errors():
            search = _search(trials, timeout, tune_fpr, study)
        command(*args, search=search, **more)

    return with_search


def _search(
    trials: int | None, timeout: float | None, fpr: float, study: Path | None
) -> Search | None:
    if trials is None and timeout is None:
        if study is not None:
            raise OptionInvalid("--study: expected --trials or --timeout with it")
        return None
    return Search(trials=trials, timeout=timeout, fpr=fpr, study=study)
