"""Thresholds by group are carried whole, or the bundle is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riskscore.errors import BundleCorrupt, BundleMismatch
from riskscore.model.bundle import load_bundle, load_champions
from riskscore.model.by_group import ByGroup, Starts, group_names
from riskscore.model.cutting import Cutter
from riskscore.model.publish import Fitted, publish
from riskscore.product.spec import Flag, Integer
from tests.riskscore.model.test_bundle import rewrite

OLD = Starts(review_score=530, block_score=700)
COMMON = Starts(review_score=500, block_score=640)


@pytest.fixture
def grouped(fitted: Fitted, tmp_path: Path) -> Path:
    thresholds = replace(
        fitted.thresholds, by_group=ByGroup(feature="age_band", groups={"old": OLD})
    )
    return publish(tmp_path / "models", replace(fitted, thresholds=thresholds))


def test_what_was_published_is_loaded(grouped: Path) -> None:
    bundle = load_bundle(grouped)

    assert bundle.thresholds.by_group == ByGroup(feature="age_band", groups={"old": OLD})
    assert bundle.cutter is not None


def test_a_bundle_without_them_says_nothing_of_them(published: Path) -> None:
    record = json.loads((published / "manifest.json").read_text())

    assert set(record["thresholds"]) == {"review_margin", "block_margin", "block_score"}
    assert load_bundle(published).cutter is None


def test_bundles_made_before_there_were_any_are_served_as_they_were() -> None:
    champions = load_champions(Path(__file__).parents[3] / "models")

    assert champions
    assert all(each.cutter is None for each in champions.values())


def test_each_row_goes_by_its_group_and_else_by_the_common_ones(grouped: Path) -> None:
    cutter = load_bundle(grouped).cutter
    assert cutter is not None

    cuts = cutter(np.array([0, 1, np.nan, 1]))  # young, old, not known, old

    assert [each.group for each in cuts.of_rows()] == [None, "old", None, "old"]
    assert cuts.review.tolist() == [500, 530, 500, 530]
    assert cuts.block.tolist() == [640, 700, 640, 700]
    assert cuts.recommendation_places(np.array([529, 529, 640, 700])).tolist() == [1, 0, 2, 2]
    assert cuts.take(np.array([1])).review.tolist() == [530]


def test_a_flag_has_two_groups_and_a_quantity_none() -> None:
    about: dict[str, Any] = {"code": "", "reason": {}, "protected": True}
    foreign = Flag(name="foreign", **about)
    by_group = ByGroup(feature="foreign", groups={"yes": OLD})

    cuts = Cutter(foreign, by_group, COMMON)(np.array([0.0, 1.0]))

    assert cuts.review.tolist() == [500, 530]
    assert group_names(Integer(name="age", low=0, high=120, **about)) == ()


def by_group(**change: Any) -> dict[str, Any]:
    starts = {"review_score": 530, "block_score": 700}
    return {"feature": "age_band", "groups": {"old": starts}} | change


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ([], r"thresholds\.by_group: "),
        (by_group(more=1), r"by_group\.more: "),
        ({"feature": "age_band"}, "groups: required"),
        (by_group(feature=7), "feature: expected the name of an input"),
        (by_group(groups={"old": {"review_score": 530}}), "block_score: required"),
        (by_group(groups={"old": {"review_score": "530", "block_score": 700}}), "a whole number"),
        (by_group(groups={"old": {"review_score": 530.5, "block_score": 700}}), "a whole number"),
        (by_group(groups={"old": {"review_score": 530, "block_score": 1001}}), "from 1 to 1000"),
        (by_group(groups={"old": {"review_score": -1, "block_score": 700}}), "from 0 to 999"),
        (by_group(groups={"old": {"review_score": 700, "block_score": 700}}), "above review_score"),
        (by_group(groups={"old": None}), "may not be null"),
        (None, "by_group: may not be null"),
    ],
)
def test_a_damaged_table_is_refused(grouped: Path, table: object, told: str) -> None:
    rewrite(
        grouped,
        "manifest.json",
        lambda record: record | {"thresholds": record["thresholds"] | {"by_group": table}},
    )

    with pytest.raises(BundleCorrupt, match=told):
        load_bundle(grouped)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (by_group(groups={"ancient": {"review_score": 1, "block_score": 2}}), "'ancient' is no"),
        (by_group(feature="carrier"), "'carrier' is no protected"),
        (by_group(feature="claimed"), "'claimed' is no protected"),
        (by_group(feature="shoe_size"), "'shoe_size' is no protected"),
    ],
)
def test_groups_of_another_product_are_refused(grouped: Path, table: object, told: str) -> None:
    rewrite(
        grouped,
        "manifest.json",
        lambda record: record | {"thresholds": record["thresholds"] | {"by_group": table}},
    )

    with pytest.raises(BundleMismatch, match=rf"thresholds\.by_group\..*{told}"):
        load_bundle(grouped)


def test_a_byte_altered_in_them_is_noticed(grouped: Path) -> None:
    path = grouped / "manifest.json"
    path.write_text(path.read_text().replace('"review_score": 530', '"review_score": 531'))

    with pytest.raises(BundleCorrupt, match="altered"):
        load_bundle(grouped)
