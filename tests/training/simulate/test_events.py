"""The event folder, as its readers see it."""

import pandas as pd
import pyarrow as pa
import pytest

from riskscore.product.identifiers import canonical
from riskscore.product.spec import Category, Flag, Integer, Number
from riskscore.product.toml import read_product

PRODUCTS = ["sim_registration", "account_opening", "account_activity"]
OWN = ["reference", "occurred_at", "received_at", "tenant", "purpose"]
ROLES = {"complicit", "recruited", "deceived", "coerced", "impersonated"}
Frames = dict[str, pd.DataFrame]


@pytest.mark.parametrize("product", PRODUCTS)
def test_columns_are_those_of_the_product(tables: dict[str, pa.Table], product: str) -> None:
    declared = read_product(product)
    names = [each.name for each in (*declared.entities, *declared.inputs)]

    columns = tables[product].column_names

    assert sorted(columns) == sorted([*OWN, *names, "msisdn_since"])


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_value_is_one_that_the_product_accepts(frames: Frames, product: str) -> None:
    for declared in read_product(product).inputs:
        values = frames[product][declared.name].dropna()
        match declared:
            case Category(values=words):
                assert set(values) <= set(words), declared.name
            case Flag():
                assert set(values) <= {True, False}, declared.name
            case Number(low=low, high=high) | Integer(low=low, high=high):
                assert values.between(low, high).all(), declared.name
        assert declared.missing or len(values) == len(frames[product]), declared.name


@pytest.mark.parametrize("product", PRODUCTS)
def test_no_input_is_empty_or_constant(frames: Frames, product: str) -> None:
    for declared in read_product(product).inputs:
        assert len(set(frames[product][declared.name].dropna())) > 1, declared.name


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_identifier_passes_its_check(frames: Frames, product: str) -> None:
    for declared in read_product(product).entities:
        identifiers = frames[product][declared.name].dropna()
        sample = identifiers.sample(min(300, len(identifiers)), random_state=0)
        assert all(canonical(each, declared.format) for each in sample), declared.name
        assert not (declared.required and frames[product][declared.name].isna().any())


@pytest.mark.parametrize("product", PRODUCTS)
def test_rows_come_in_order_of_receipt_after_they_occurred(frames: Frames, product: str) -> None:
    rows = frames[product]

    assert rows.received_at.is_monotonic_increasing
    assert (rows.received_at >= rows.occurred_at).all()


@pytest.mark.parametrize("product", PRODUCTS)
def test_some_rows_are_sent_again_and_some_come_late(frames: Frames, product: str) -> None:
    rows = frames[product]
    again = rows.reference.duplicated()
    late = rows.received_at - rows.occurred_at > pd.Timedelta(hours=1)

    assert 0.01 < again.mean() < 0.03
    assert 0.02 < late.mean() < 0.15
    assert rows[again].received_at.min() > rows.received_at.min()


def test_some_desks_stamp_whole_minutes_or_days(frames: Frames) -> None:
    at = frames["sim_registration"].occurred_at

    assert 0.05 < (at == at.dt.floor("min")).mean() < 0.35
    assert 0.005 < (at == at.dt.floor("D")).mean() < 0.15


def test_a_recycled_number_says_since_when(frames: Frames) -> None:
    rows = frames["sim_registration"]

    assert 0.05 < rows.msisdn_since.notna().mean() < 0.2
    assert (rows.msisdn_since.dropna() <= rows.received_at[rows.msisdn_since.notna()]).all()


def test_half_of_the_identifiers_of_one_world_meet_in_the_other(frames: Frames) -> None:
    telecom = set(frames["sim_registration"].msisdn.dropna())

    assert frames["account_opening"].msisdn.isin(telecom).mean() > 0.3


def test_truth_names_every_reference_once(frames: Frames) -> None:
    truth = frames["truth"]
    sent = {(name, each) for name in PRODUCTS for each in frames[name].reference}

    assert not truth.duplicated(["product", "reference"]).any()
    assert set(zip(truth["product"], truth.reference, strict=True)) == sent
    assert truth.role.notna().eq(truth.label == 1).all()
    assert set(truth.role.dropna()) <= ROLES


def test_outcomes_have_the_declared_words(frames: Frames) -> None:
    outcomes = frames["outcomes"]

    assert set(outcomes.status) == {"confirmed", "cleared", "disputed", "retracted"}
    assert set(outcomes.source) == {"investigated", "listed", "reported"}
    assert set(outcomes.role.dropna()) <= {*ROLES, "unknown"}
    assert outcomes.known_at.is_monotonic_increasing
    assert outcomes.label[outcomes.status == "confirmed"].eq(1).all()
    assert outcomes.label[outcomes.status == "cleared"].eq(0).all()
    assert outcomes.label[outcomes.status.isin(["disputed", "retracted"])].isna().all()


def test_most_rows_belong_to_the_sharing_tenant(frames: Frames) -> None:
    assert all((frames[name].tenant == "default").mean() > 0.6 for name in PRODUCTS)
    assert all(frames[name].tenant.nunique() > 2 for name in PRODUCTS)
