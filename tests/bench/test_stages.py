"""Clocks that must add up to the whole, and leave nothing behind."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.budget import ENTRIES, STAGES
from bench.stages import Clock, clocked, placed

HERE = "bench.stages:Clock.turn"


def test_a_stage_within_a_stage_is_not_counted_twice() -> None:
    clock = Clock()

    with clock.stage("outer"):
        time.sleep(0.01)
        with clock.stage("inner"):
            time.sleep(0.03)

    assert 0.01 <= clock.spent["outer"] < 0.03 <= clock.spent["inner"]


def test_the_ends_of_a_context_are_counted_without_its_inside() -> None:
    clock = Clock()

    @contextmanager
    def slow() -> Iterator[str]:
        time.sleep(0.01)
        yield "held"
        time.sleep(0.01)

    with clock.stage("around"), clock.at_the_ends("ends", slow)() as held:
        time.sleep(0.03)

    assert held == "held"
    assert 0.02 <= clock.spent["ends"] < 0.03 <= clock.spent["around"]


def test_an_error_inside_a_clocked_context_reaches_it() -> None:
    seen = []

    @contextmanager
    def watching() -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            seen.append(error)
            raise

    with pytest.raises(ValueError, match="inside"), Clock().at_the_ends("ends", watching)():
        raise ValueError("inside")

    assert seen


def test_functions_are_as_before_when_the_clocks_are_gone() -> None:
    before = Clock.turn

    with clocked({HERE: "turning"}, {}):
        assert Clock.turn is not before

    assert Clock.turn is before


@pytest.mark.parametrize("target", [*STAGES, *ENTRIES])
def test_the_budget_names_functions_that_are_there(target: str) -> None:
    assert placed(target) is not None


def test_what_is_not_there_is_told() -> None:
    assert placed("bench.stages:Clock.nowhere") is None
    assert placed("bench.nowhere:at_all") is None
