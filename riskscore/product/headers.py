"""The columns that a table has, in the words of notices and refusals."""

from collections.abc import Sequence

SHOWN = 10


def listed(names: Sequence[str]) -> str:
    """Name a few columns, and count the rest."""
    more = len(names) - SHOWN
    shown = ", ".join(name.strip() or "(unnamed)" for name in names[:SHOWN])
    return shown + (f" and {more} more" if more > 0 else "")


def found_instead(names: Sequence[str], absent: Sequence[str]) -> str:
    """Say what a table has where columns are absent, so that the reason can be seen.

    Args:
        names: The table's columns.
        absent: Those that were expected.
    """
    if len(names) == 1:
        return "the file has one column only: is its separator a comma?"
    if meant := [f"{each!r} for {name}" for name in absent for each in _alike(name, names)]:
        return f"did you mean {', '.join(meant)}?"
    return f"columns found: {listed(names)}"


def _alike(name: str, names: Sequence[str]) -> list[str]:
    """Find names that differ by case and blanks only."""
    return [each for each in names if _folded(each) == _folded(name)]


def _folded(name: str) -> str:
    return "".join(name.casefold().replace("_", " ").split())
