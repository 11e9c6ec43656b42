"""Whom a review hits, by what a person cannot change."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.product.spec import Category, Flag, Integer, Number
from riskscore.product.toml import product_from
from training.assess.fair import thresholds_by_group
from training.datasets import Dataset, Source
from training.fairness import fairness, lowest_over_highest
from training.groups import groups_by, protected_groups
from training.judge import Answers
from training.proxies import proxies
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
    by_name = {each.name: each.expected_false_positives for each in found.groups}
    assert found.fewest == by_name["old"] > by_name["not known"]


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


def test_a_column_that_stands_for_a_group_is_named(rows: Dataset) -> None:
    groups = protected_groups(rows)[0]
    old = groups.places == groups.names.index("old")
    told = rows.matrix.copy()
    told[:, 0] = old * 50 + np.arange(len(rows)) % 40

    honest, proxied = (
        {each["group"]: each for each in proxies(groups, replace(rows, matrix=matrix))}
        for matrix in (rows.matrix, told)
    )

    assert 0.4 < honest["old"]["auc"] < 0.6
    assert proxied["old"]["auc"] > 0.98
    assert proxied["old"]["columns"][0]["name"] == "sims"


def test_a_handful_of_a_group_is_not_audited(rows: Dataset) -> None:
    few = rows.take(np.arange(160))

    audited = {each["group"] for each in proxies(protected_groups(few)[0], few)}

    assert audited == {"not known"}


def test_thresholds_by_group_hit_each_as_often_as_asked(rows: Dataset) -> None:
    groups = protected_groups(rows)[0]
    old = groups.places == groups.names.index("old")
    margins = (rows.matrix[:, 0] + old * 5 + np.arange(len(rows)) / 1e5).astype(np.float32)
    given = Answers(margins, np.full(len(rows), 0.1), np.full(len(rows), 300))

    found = {each["group"]: each for each in thresholds_by_group(groups, rows, given)}

    assert found["old"]["margin"] > found["young"]["margin"] + 3
    for each in found.values():
        assert each["fpr"] <= 0.05
    assert found["young"]["fpr"] == pytest.approx(0.05, abs=0.01)
