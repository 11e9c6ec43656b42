"""Whom a review hits, by what a person cannot change."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.product.spec import Category, Flag, Integer, Number
from riskscore.product.toml import product_from
from training.datasets import Dataset, Source
from training.fairness import fairness, lowest_over_highest
from training.groups import groups_by, protected_groups
from training.judge import Answers
from training.read import read_dataset


@pytest.fixture
def rows(toml: Path, frame: pd.DataFrame, tmp_path: Path) -> Dataset:
    """Every third customer is old; of the first hundred nobody knows."""
    ages = np.where(np.arange(len(frame)) % 3 == 0, "old", "young").astype(object)
    ages[:100] = None
    frame.assign(age_band=ages).to_csv(tmp_path / "aged.csv", index=False)
    declared = toml.read_text("utf-8")
    optional = declared.replace("protected = true", "protected = true\nmissing = true")
    product = product_from(optional, "registrations.toml")
    return read_dataset(product, Source(path=tmp_path / "aged.csv"))


def flagged(mask: np.ndarray) -> Answers:
    scores = np.where(mask, 600, 100)
    return Answers(np.zeros(len(mask), np.float32), np.full(len(mask), 0.1), scores)


def test_each_group_has_its_own_rates(rows: Dataset) -> None:
    groups = protected_groups(rows)[0]
    innocent = rows.labels == 0
    old = groups.places == groups.names.index("old")
    hit = innocent & old & (np.arange(len(rows)) % 2 == 0)

    found = fairness(rows, flagged(hit | (rows.labels == 1)), draws=60)[0]

    by_name = {each.name: each for each in found.groups}
    assert set(by_name) == {"old", "young", "not known"}
    assert by_name["old"].fpr == pytest.approx(0.5, abs=0.08)
    assert by_name["young"].fpr == 0
    assert by_name["old"].tpr == by_name["young"].tpr == 1
    assert found.ratio == found.ratio_interval.low == 0
    assert by_name["not known"].rows == 100


def test_alike_is_fair_and_the_interval_says_how_surely(rows: Dataset) -> None:
    found = fairness(rows, flagged(np.ones(len(rows), bool)), draws=60)[0]

    assert found.ratio == 1
    assert found.feature == "age_band"
    assert found.fewest == min(each.expected_false_positives for each in found.groups)


def test_nobody_hit_is_fair_and_nobody_there_unknown() -> None:
    assert lowest_over_highest(np.zeros(3)) == 1
    assert math.isnan(lowest_over_highest(np.array([math.nan])))
    assert lowest_over_highest(np.array([0.1, math.nan, 0.2])) == pytest.approx(0.5)


def test_what_the_file_lacks_is_no_group(dataset: Dataset) -> None:
    assert protected_groups(dataset) == []


def test_every_kind_of_input_makes_groups(rows: Dataset) -> None:
    by_kind = {type(each): groups_by(rows, each) for each in rows.product.inputs}

    assert set(by_kind) == {Integer, Number, Flag, Category}
    assert by_kind[Flag].names == ("no", "yes")
    assert by_kind[Number].names[-1] == "not known"
    sizes = np.bincount(by_kind[Integer].places)
    assert len(sizes) == 4
    assert sizes.min() > 300
