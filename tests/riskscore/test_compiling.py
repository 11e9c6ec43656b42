"""Compiled code is kept for later processes, also where the package cannot be written to."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import riskscore

BARE = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]  # a root that may not write anywhere

TWICE = """
from pathlib import Path
from riskscore.compiling import keeper

@keeper([Path(__file__)])
def twice(number):
    return 2 * number
"""
SAY = """
import json
from riskscore import twice
answer = twice.twice(21)
stats = twice.twice.stats
print(json.dumps([answer, sum(stats.cache_hits.values()), sum(stats.cache_misses.values())]))
"""


class Ran(NamedTuple):
    """What a process computed, and how many functions it found compiled or had to compile."""

    answer: int
    found: int
    compiled: int


Run = Callable[[], Ran]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of our name with the module under test and one function to compile."""
    folder = tmp_path / "installed" / "riskscore"
    folder.mkdir(parents=True)
    for name in ("__init__", "compiling"):
        shutil.copy(Path(riskscore.__file__).with_name(f"{name}.py"), folder)
    (folder / "twice.py").write_text(TWICE)
    return folder


@pytest.fixture
def run(package: Path, tmp_path: Path) -> Run:
    """Compute in a new process, to which a closed folder is closed even if we are root."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    if os.getuid() == 0 and shutil.which(BARE[0]) is None:
        pytest.skip("root writes to closed folders, and there is no setpriv to prevent it")
    bare = BARE if os.getuid() == 0 else []

    def ran() -> Ran:
        environment = {
            "PYTHONPATH": str(package.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(temporary),
        }
        said = subprocess.run(  # noqa: S603 - our own words
            [*bare, sys.executable, "-c", SAY],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            check=True,
            timeout=60,
        )
        return Ran(*json.loads(said.stdout))

    return ran


def close(package: Path) -> None:
    for folder in (package, *(each for each in package.rglob("*") if each.is_dir())):
        folder.chmod(0o555)


def test_what_one_process_compiled_the_next_one_finds(run: Run) -> None:
    assert [run(), run()] == [(42, 0, 1), (42, 1, 0)]


def test_a_change_in_the_source_is_compiled_anew(package: Path, run: Run) -> None:
    run()
    (package / "twice.py").write_text(TWICE.replace("2 * number", "3 * number"))

    assert run() == (63, 0, 1)


def test_a_closed_package_keeps_its_code_in_a_private_folder(
    package: Path, run: Run, tmp_path: Path
) -> None:
    close(package)

    assert [run(), run()] == [(42, 0, 1), (42, 1, 0)]
    (private,) = (tmp_path / "temporary").iterdir()
    assert private.stat().st_mode & 0o777 == 0o700


def test_what_was_compiled_before_the_package_was_closed_is_found(package: Path, run: Run) -> None:
    run()
    close(package)

    assert [run(), run()] == [(42, 1, 0), (42, 1, 0)]


@pytest.mark.parametrize("mode", [0o777, 0o750])
def test_code_that_somebody_else_could_have_written_is_not_run(
    package: Path, run: Run, tmp_path: Path, mode: int
) -> None:
    close(package)
    run()
    (private,) = (tmp_path / "temporary").iterdir()
    private.chmod(mode)

    assert [run(), run()] == [(42, 0, 1), (42, 0, 1)]
