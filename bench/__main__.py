"""Every measurement of speed, one after another, and one table of all: ``python -m bench``."""

import subprocess
import sys
from importlib.util import find_spec

from bench.places import BUILD, ROOT
from bench.table import LINES, saved, table

PROGRAMS = (
    ("kernel",),
    ("portfolio",),
    ("store", "--events", "100000"),
    ("budget",),
    ("serving",),
)


def main() -> None:
    for old in BUILD.glob(f"*-{LINES}.csv"):
        old.unlink()
    failed = [name for name, *options in PROGRAMS if present(name) and not run(name, options)]
    print(f"\n{table(saved())}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def present(name: str) -> bool:
    return find_spec(f"bench.{name}") is not None


def run(name: str, options: list[str]) -> bool:
    """Run one program; the others are run whether it fails or not."""
    print(f"\npython -m bench.{name} {' '.join(options)}".rstrip(), flush=True)
    command = [sys.executable, "-m", f"bench.{name}", *options]
    return subprocess.run(command, check=False, cwd=ROOT).returncode == 0


if __name__ == "__main__":
    main()
