"""The sketch tells rows that were fitted on from rows that were not."""

import numpy as np
import pytest

from training import sketch
from training.sketch import Overlap


def rows(number: int, seed: int) -> np.ndarray:
    drawn: np.ndarray = np.random.default_rng(seed).normal(size=(number, 6))
    return drawn.astype(np.float32)


def coarse(number: int, seed: int, kinds: int) -> np.ndarray:
    """Draw rows of a few kinds, some much more frequent than others."""
    rng = np.random.default_rng(seed)
    kind = np.minimum(rng.pareto(0.7, number), kinds - 1).astype(int)
    return np.take(rows(kinds, 99), kind, axis=0)


def seen(fitted: np.ndarray, given: np.ndarray) -> Overlap:
    record = sketch.to_record(sketch.sketch_of([fitted[:700], fitted[700:]]))
    return sketch.overlap(sketch.from_record(record), given)


@pytest.mark.parametrize("number", [300, 5_000, 50_000])
def test_rows_fitted_on_are_recognised(number: int) -> None:
    fitted = rows(number, 1)

    assert seen(fitted, fitted) == Overlap(1.0, certain=True)


@pytest.mark.parametrize("number", [300, 5_000, 50_000])
def test_other_rows_are_not(number: int) -> None:
    assert seen(rows(number, 1), rows(number, 2)) == Overlap(0.0, certain=False)


def test_a_mixture_is_estimated() -> None:
    fitted = rows(20_000, 1)
    mixed = np.concatenate([fitted[:5_000], rows(5_000, 2)])

    share, certain = seen(fitted, mixed)

    assert certain
    assert share == pytest.approx(0.5, abs=0.1)


def test_many_identical_rows_among_others_change_nothing() -> None:
    blank = np.full((3_000, 6), np.nan, np.float32)
    fitted = np.concatenate([blank, rows(3_000, 1)])
    held_out = np.concatenate([blank[:500], rows(500, 2)])

    assert seen(fitted, fitted[2_500:]).certain
    assert not seen(fitted, held_out).certain


@pytest.mark.parametrize("kinds", [3, 50, 1_000, 100_000])
def test_rows_so_coarse_that_they_come_again_are_not_mistaken(kinds: int) -> None:
    fitted, held_out = coarse(6_000, 1, kinds), coarse(2_000, 2, kinds)

    assert not seen(fitted, held_out).certain


def test_coarse_rows_that_were_fitted_on_are_recognised_by_their_rare_ones() -> None:
    fitted = coarse(6_000, 1, 100_000)

    assert seen(fitted, fitted).certain


def test_rows_hash_by_value_not_by_bits() -> None:
    plain = np.array([[0.0, np.nan, 1.0]], np.float32)
    other_bits = np.array([[0x80000000, 0x7FC00001, 0x3F800000]], np.uint32).view(np.float32)

    assert sketch.row_hashes(plain) == sketch.row_hashes(other_bits)


def test_the_place_of_a_value_matters() -> None:
    one, other = np.array([[1, 2]], np.float32), np.array([[2, 1]], np.float32)

    assert sketch.row_hashes(one) != sketch.row_hashes(other)
