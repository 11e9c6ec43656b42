"""Steps done beside each other keep their order, and what goes wrong is told."""

import threading
from collections.abc import Iterator

import pytest

from riskscore.product.overlap import DEPTH, ahead, behind, side_by_side


def test_steps_come_in_their_order() -> None:
    assert list(ahead(iter(range(100)))) == [*range(100)]


def test_steps_are_not_taken_much_before_they_are_asked_for() -> None:
    taken = []

    def steps() -> Iterator[int]:
        for step in range(100):
            taken.append(step)
            yield step

    asked = ahead(steps())
    for _ in range(10):
        next(asked)
    asked.close()  # type: ignore[attr-defined]  # a generator, declared as an iterator

    assert 10 <= len(taken) <= 10 + DEPTH


def test_a_step_that_fails_fails_in_its_place() -> None:
    def steps() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third")

    asked = ahead(steps())

    assert [next(asked), next(asked)] == [1, 2]
    with pytest.raises(ValueError, match="the third"):
        next(asked)


def test_acts_are_done_in_order_and_all_when_it_is_left() -> None:
    done: list[int] = []

    with behind(done.append) as later:
        for number in range(50):
            later(number)

    assert done == [*range(50)]


def test_acts_are_done_elsewhere() -> None:
    threads = []

    with behind(lambda: threads.append(threading.current_thread())) as later:
        later()

    assert threads != [threading.current_thread()]


@pytest.mark.parametrize("more", [0, 10])
def test_an_act_that_fails_is_told(more: int) -> None:
    with pytest.raises(ValueError, match="the first"):
        act_on(1 + more)


def act_on(numbers: int) -> None:
    with behind(fail_at_first) as later:
        for number in range(numbers):
            later(number)


def fail_at_first(number: int) -> None:
    if number == 0:
        raise ValueError("the first")


@pytest.mark.parametrize("workers", [1, 3])
def test_what_comes_of_steps_side_by_side_keeps_their_order(workers: int) -> None:
    assert [*side_by_side(str, iter(range(50)), workers=workers)] == [
        str(each) for each in range(50)
    ]


def test_steps_side_by_side_meet() -> None:
    both = threading.Barrier(2, timeout=20)

    assert len([*side_by_side(lambda _: both.wait(), iter(range(4)), workers=2)]) == 4


def test_a_step_that_fails_beside_others_fails_in_its_place() -> None:
    done = side_by_side(lambda number: 1 // (3 - number), iter(range(9)), workers=2)

    assert [next(done), next(done), next(done)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(done)
