"""Kill a process at each step that it takes in a folder, one run a step, as ``kill -9`` would."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

TOUCHING = frozenset(
    {"open", "os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir", "os.listdir"}
)

Work = Callable[[Path], None]


def crashes(work: Work, fresh: Callable[[int], Path]) -> Iterator[Path]:
    """Yield the folder after each crash, one step later each time, until the work is done.

    Args:
        work: A function of a module, given the folder.
        fresh: Makes a folder as it was before the work, for the crash of this number.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([work.__module__])
    number, alive = 0, False
    while not alive:
        number += 1
        folder = fresh(number)
        process = context.Process(target=killed_at, args=(number, work, folder))
        process.start()
        process.join()
        alive = process.exitcode == 0
        assert alive or process.exitcode == -signal.SIGKILL, process.exitcode
        yield folder
    assert number > 3


def killed_at(step: int, work: Work, folder: Path) -> None:
    """Do the work, and die before its n-th touch of the folder."""
    left = step

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in TOUCHING and str(arguments[0]).startswith(str(folder)):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    work(folder)
