"""Why a stack is skipped must be told in one line."""

import sys

import pytest

from bench.environments import NotInstalled, run


def test_the_last_line_of_an_installer_says_why_it_failed() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('trying\\nno such distribution\\n')"]

    with pytest.raises(NotInstalled, match=r"\Ano such distribution\Z"):
        run(command)


def test_an_interpreter_that_is_not_there_is_named() -> None:
    with pytest.raises(NotInstalled, match="/no/python: No such file"):
        run(["/no/python", "-m", "venv"])
