"""Errors as the command line tells them."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from riskscore.errors import ClusterFailed, DataError, StartupError
from training.errors import TrainingError


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what the caller can put right into one line and exit 1; a bug keeps its traceback."""
    try:
        yield
    except (ClusterFailed, DataError, StartupError, TrainingError) as error:
        raise click.ClickException(str(error)) from error
