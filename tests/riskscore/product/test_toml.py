"""A product file is read whole, or refused with file, key and what was expected."""

from datetime import timedelta
from pathlib import Path

import pytest

from riskscore.errors import ProductInvalid
from riskscore.product.spec import Category, History, Number, Where
from riskscore.product.toml import built_in, product_from, read_product

TEXT = """
product = "parcel_claim"
title = "Parcel claim"
version = 1

[entities.customer]
doc = "Who claims."
required = true
[entities.msisdn]
format = "e164"

[[feature]]
name = "claimed"
kind = "number"
low = 0.0
high = 5000.0
unit = "usd"
missing = true
monotone = "increasing"
group = "claim"
doc = "What was claimed."
code = "AMOUNT"
reason.en = "Claimed: {value} dollars"
reason.th = "เรียกร้อง {value}"

[[feature]]
name = "parcels"
kind = "integer"
low = 1
high = 50

[[feature]]
name = "carrier"
kind = "category"
values = ["post", "courier"]

[[feature]]
name = "age_band"
kind = "category"
values = ["young", "old"]
protected = true

[[history]]
name = "claims_30d"
of = "parcel_claim"
entity = "customer"
measure = "count"
window = "30d"
where = {feature = "carrier", equals = "post"}

[[derived]]
name = "claimed_per_parcel"
kind = "ratio"
of = ["claimed", "parcels"]

[training]
depth = 3
"""


def test_a_score_is_no_filter() -> None:
    looks = TEXT.replace('of = "parcel_claim"\nentity', 'of = "loan"\nentity')
    broken = looks.replace('feature = "carrier", equals = "post"', 'feature = "score", equals = 7')

    assert product_from(looks, "claim.toml").history[0].of == "loan"
    with pytest.raises(ProductInvalid, match="expected an input of loan, which a score is not"):
        product_from(broken, "claim.toml")


def test_a_file_becomes_a_product() -> None:
    product = product_from(TEXT, "claim.toml")

    claimed, _, carrier, age_band = product.inputs
    assert isinstance(claimed, Number)
    assert claimed.reason == {"en": "Claimed: {value} dollars", "th": "เรียกร้อง {value}"}
    assert isinstance(carrier, Category)
    assert carrier.values == ("post", "courier")
    assert age_band.protected
    assert product.history == (
        History(
            name="claims_30d",
            code="CLAIMS_30D",
            reason={"en": "Claims 30d: {value}"},
            of="parcel_claim",
            entity="customer",
            measure="count",
            window=timedelta(days=30),
            where=Where(feature="carrier", equals="post"),
        ),
    )
    assert product.recipe.depth == 3
    assert product.source == TEXT


def test_the_model_sees_all_columns_but_protected_ones_in_declared_order() -> None:
    product = product_from(TEXT, "claim.toml")

    names = [each.name for each in product.columns]

    assert names == ["claimed", "parcels", "carrier", "claims_30d", "claimed_per_parcel"]


def test_a_protected_column_enters_the_model_on_request_but_never_a_reason() -> None:
    product = product_from(TEXT.replace("protected = true", "protected = true\nmodel = true"), "")

    assert "age_band" in [each.name for each in product.columns]
    assert "AGE_BAND" not in product.codes


@pytest.mark.parametrize(
    ("right", "wrong", "key", "expected"),
    [
        ('product = "parcel_claim"', 'product = "Parcel"', "product", "lower snake case"),
        ('product = "parcel_claim"', 'product = "lists"', "product", "taken by the API"),
        ("version = 1", 'version = "1"', "version", "a whole number from 1"),
        ("version = 1", "version = 1\ncolour = 2", "colour", "not known here"),
        ("high = 5000.0", "high = -1.0", "feature claimed: low", "at most high"),
        ("high = 5000.0", "high = 1e39", "feature claimed: high", "that float32 holds"),
        ("high = 5000.0", "high = nan", "feature claimed: high", "that float32 holds"),
        ("low = 0.0\n", "", "feature claimed: low", "required"),
        ("low = 1\n", "low = 0.5\n", "feature parcels: low", "whole number"),
        ('kind = "number"', 'kind = "money"', "feature claimed: kind", "one of number, integer"),
        ("missing = true", 'missing = "yes"', "feature claimed: missing", "true or false"),
        ('"increasing"', '"up"', "feature claimed: monotone", "increasing, decreasing"),
        ("Claimed: {value} dollars", "{amount}", "feature claimed: reason.en", "{value}"),
        ('["post", "courier"]', "[]", "feature carrier: values", "1 to 1000 words"),
        ('["post", "courier"]', '["post", "post"]', "feature carrier: values", "each word once"),
        ('name = "parcels"', 'name = "claimed"', "claimed", "stands 2 times"),
        ('name = "parcels"', 'name = "customer"', "customer", "another column"),
        ('name = "parcels"', 'name = "occurred_at"', "occurred_at", "another column"),
        ('kind = "integer"', 'kind = "integer"\nmodel = false', "parcels: model", "protected"),
        ('format = "e164"', 'format = "phone"', "entities.msisdn: format", "e164"),
        ('entity = "customer"', 'entity = "shop"', "history claims_30d: entity", "entities"),
        ('window = "30d"', 'window = "1w"', "history claims_30d: window", "30m, 24h or 7d"),
        ('"count"', '"median"', "history claims_30d: measure", "count, distinct"),
        ('"count"', '"distinct"', "history claims_30d: what", "distinct or latest"),
        ('"count"', '"latest"\nwhat = "score"', "claims_30d: what", "its own score"),
        ('"count"', '"latest"\nwhat = "colour"', "claims_30d: what", "an input of parcel_claim"),
        ('"count"', '"distinct"\nwhat = "shop"', "claims_30d: what", "another entity"),
        ('"count"', '"confirmed_rate"', "claims_30d: base_rate", "confirmed_rate"),
        ('where = {feature = "carrier"', 'where = {feature = "x"', "where.feature", "an input of"),
        ('["claimed", "parcels"]', '["claimed", "weight"]', "claimed_per_parcel: of", "declared"),
        ('["claimed", "parcels"]', '["claimed"]', "claimed_per_parcel: of", "two column names"),
        ('["claimed", "parcels"]', '["claimed", "carrier"]', "per_parcel: of", "is a category"),
        ('["claimed", "parcels"]', '["claimed", "age_band"]', "per_parcel: of", "category"),
        ('["claimed", "parcels"]', '["claimed", "claimed_per_parcel"]', "of", "in a circle"),
        ("depth = 3", "depth = 0", "training: depth", "from 1 to 16"),
        ("depth = 3", "leaves = 3", "training: leaves", "not known here (known here: rounds"),
        ("depth = 3", "block_fpr = 0.5", "training: block_fpr", "at most review_fpr"),
        ("title = ", "title ", "not TOML", "line 3"),
    ],
)
def test_a_broken_file_is_refused_by_key(right: str, wrong: str, key: str, expected: str) -> None:
    assert right in TEXT

    with pytest.raises(ProductInvalid) as refusal:
        product_from(TEXT.replace(right, wrong, 1), "claim.toml")

    assert str(refusal.value).startswith("claim.toml: ")
    assert key in str(refusal.value)
    assert expected in str(refusal.value)


def test_a_share_needs_its_filter() -> None:
    text = TEXT.replace('"count"', '"share"').replace(
        'where = {feature = "carrier", equals = "post"}', ""
    )

    with pytest.raises(ProductInvalid, match="claims_30d: where: required"):
        product_from(text, "claim.toml")


def test_a_derived_column_may_not_hide_a_protected_one() -> None:
    text = TEXT.replace('kind = "integer"', 'kind = "integer"\nprotected = true')

    with pytest.raises(ProductInvalid, match="'parcels' is protected"):
        product_from(text, "claim.toml")


def test_a_name_that_is_neither_built_in_nor_a_file(tmp_path: Path) -> None:
    with pytest.raises(ProductInvalid, match=r"sim_registration"):
        read_product(tmp_path / "nothing.toml")


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')

    with pytest.raises(ProductInvalid, match="UTF-8"):
        read_product(tmp_path / "latin.toml")


@pytest.mark.parametrize("name", built_in())
def test_every_built_in_product_tells_much_and_in_two_languages(name: str) -> None:
    product = read_product(name)

    assert len(product.inputs) >= 40
    shown = [each for each in product.columns if each.code in product.codes]
    assert all({"en", "th"} <= each.reason.keys() for each in shown)
    assert all(each.doc and each.group for each in product.inputs)
    assert any(each.protected for each in product.inputs)


def test_shared_entities_have_one_format_in_all_built_in_products() -> None:
    formats: dict[str, set[str]] = {}
    for name in built_in():
        for entity in read_product(name).entities:
            formats.setdefault(entity.name, set()).add(entity.format)

    assert all(len(each) == 1 for each in formats.values())


@pytest.mark.parametrize("text", ["title = " + "[" * 20_000, "x = " + "{a=" * 20_000])
def test_a_file_nested_too_deep_is_refused(text: str) -> None:
    with pytest.raises(ProductInvalid, match=r"claim\.toml: not TOML"):
        product_from(text, "claim.toml")


@pytest.mark.parametrize("word", [" post", "post ", "\u00a0post", " "])
def test_words_with_blanks_around_them_are_refused(word: str) -> None:
    text = (
        TEXT
        + f"""
[[feature]]
name = "sent_by"
kind = "category"
values = ["{word}", "courier"]
"""
    )

    with pytest.raises(ProductInvalid, match=r"sent_by: values\.0: expected a word without blanks"):
        product_from(text, "claim.toml")


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ('measure = "distinct"\nwhat = "customer"', "what: expected another entity"),
        (
            'measure = "count"\nwhere = {feature = "parcels", equals = "3"}',
            "where.equals: expected",
        ),
        (
            'measure = "count"\nwhere = {feature = "parcels", equals = 1.5}',
            "where.equals: expected",
        ),
        (
            'measure = "count"\nwhere = {feature = "parcels", equals = true}',
            "where.equals: expected",
        ),
        (
            'measure = "count"\nwhere = {feature = "claimed", equals = nan}',
            "where.equals: expected",
        ),
    ],
)
def test_a_history_column_that_could_never_be_told(rest: str, told: str) -> None:
    head = 'name = "seen"\nof = "parcel_claim"\nentity = "customer"\nwindow = "7d"'

    with pytest.raises(ProductInvalid, match=f"history seen: {told}"):
        product_from(f"{TEXT}\n[[history]]\n{head}\n{rest}\n", "claim.toml")
