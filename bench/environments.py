"""Environments of their own for foreign stacks, made once below ``build/bench``."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from bench.places import BUILD, STACKS

BIN = "bin"


class NotInstalled(Exception):
    """A stack cannot be installed on this interpreter."""


def environment(stack: str, python: str) -> Path:
    """Return the folder of a stack's commands; made anew when its requirements changed.

    Args:
        stack: A folder of ``bench/stacks``.
        python: The interpreter to make it of.

    Raises:
        NotInstalled: The last line of what the installer said.
    """
    asked = STACKS / stack / "requirements.txt"
    folder = BUILD / stack / "environment"
    made_of = hashlib.sha256(python.encode() + asked.read_bytes()).hexdigest()
    mark = folder / "made-of"
    if not mark.exists() or mark.read_text() != made_of:
        shutil.rmtree(folder, ignore_errors=True)
        run([python, "-m", "venv", str(folder)])
        run([str(folder / BIN / "python"), "-m", "pip", "install", "-q", "-r", str(asked)])
        mark.write_text(made_of)
    return folder / BIN


def run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except OSError as error:
        raise NotInstalled(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        lines = [each for each in done.stderr.splitlines() if each.strip()]
        raise NotInstalled(lines[-1] if lines else f"{command[0]} failed")
