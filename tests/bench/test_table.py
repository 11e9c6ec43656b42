"""Lines of figures, and what they say of what was asked."""

import math
from pathlib import Path

import pytest

from bench.table import Line, over_rounds, save, saved, table


def line(figure: float, *, falling: bool = False) -> Line:
    least, aim = (8, 5) if falling else (5, 8)
    return Line(
        what="a / b", figure=figure, unit="x", command="c", least=least, aim=aim, falling=falling
    )


@pytest.mark.parametrize(("figure", "said"), [(8, "aim"), (7.9, "ok"), (5, "ok"), (4.9, "SHORT")])
def test_more_is_judged_from_below(figure: float, said: str) -> None:
    assert line(figure).verdict == said


@pytest.mark.parametrize(("figure", "said"), [(5, "aim"), (5.1, "ok"), (8, "ok"), (8.1, "SHORT")])
def test_less_is_judged_from_above(figure: float, said: str) -> None:
    assert line(figure, falling=True).verdict == said


def test_where_nothing_is_asked_nothing_is_judged() -> None:
    assert Line(what="a", figure=1, unit="x", command="c").verdict == ""


def test_rounds_give_their_median_and_their_spread() -> None:
    made = over_rounds([3, 1, 8], what="a", unit="x", command="c")

    assert (made.figure, made.low, made.high) == (3, 1, 8)


def test_saved_lines_of_all_programs_come_back_as_they_were(tmp_path: Path) -> None:
    first, second = line(1), line(2, falling=True)
    save("serving", [first], tmp_path)
    save("kernel", [second], tmp_path)

    found = saved(tmp_path)

    assert [each.figure for each in found] == [2, 1]
    assert [each.falling for each in found] == [True, False]
    assert all(math.isnan(each.low) for each in found)


def test_each_line_of_the_table_ends_with_its_command() -> None:
    lines = [line(1), Line(what="without bounds", figure=12345, unit="ms", command="run it")]

    head, first, second = table(lines).splitlines()

    assert head.endswith("command")
    assert first.endswith("SHORT  c")
    assert "12,345 ms" in second
    assert second.endswith("run it")
