"""The one encoder: order, rounding, what is derived, and what is missing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.product.encode import complete, encode, values
from riskscore.product.spec import Category, Product
from riskscore.product.toml import product_from

TEXT = """
product = "claim"
title = "Claim"
version = 1
[[feature]]
name = "claimed"
kind = "number"
low = -3e38
high = 3e38
missing = true
[[feature]]
name = "parcels"
kind = "number"
low = -3e38
high = 3e38
missing = true
[[feature]]
name = "carrier"
kind = "category"
values = ["post", "courier"]
missing = true
[[derived]]
name = "twice_derived"
kind = "difference"
of = ["each", "claimed"]
[[derived]]
name = "each"
kind = "ratio"
of = ["claimed", "parcels"]
"""


@pytest.fixture(scope="module")
def product() -> Product:
    return product_from(TEXT, "claim.toml")


def test_columns_stand_in_declared_order_with_categories_as_codes(product: Product) -> None:
    claimed, parcels, carrier = product.inputs
    columns = {
        "claimed": values(claimed, [6.0, None]),
        "parcels": values(parcels, [3, 2]),
        "carrier": values(carrier, ["courier", "post"]),
    }

    matrix = encode(product, columns)

    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(
        matrix, np.array([[6, 3, 1, -4, 2], [np.nan, 2, 0, np.nan, np.nan]], np.float32)
    )


def test_a_word_outside_the_list_is_missing(product: Product) -> None:
    carrier = product.inputs[2]
    assert isinstance(carrier, Category)

    np.testing.assert_array_equal(values(carrier, ["pigeon", None]), [np.nan, np.nan])


def test_division_by_zero_is_missing(product: Product) -> None:
    exact = complete(product, _columns(5.0, 0.0))

    assert np.isnan(exact[0, 4])


finite = st.floats(min_value=-3e38, max_value=3e38)


@given(finite, finite)
def test_no_valid_row_encodes_as_infinite(claimed: float, parcels: float) -> None:
    matrix = encode(product_from(TEXT, "claim.toml"), _columns(claimed, parcels))

    assert not np.isinf(matrix).any()


def _columns(claimed: float, parcels: float) -> dict[str, np.ndarray]:
    return {
        "claimed": np.array([claimed]),
        "parcels": np.array([parcels]),
        "carrier": np.array([0.0]),
    }
