"""How a value that a filter asks for may stand in what the store keeps."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.errors import BundleMismatch
from riskscore.history.engine import to_json
from riskscore.history.lookups import declared
from riskscore.history.plan import spellings
from riskscore.product.toml import product_from, read_file


@pytest.mark.parametrize(
    ("equals", "held"),
    [
        ("online", "online"),
        ('ร้าน "ก"\\', 'ร้าน "ก"\\'),
        (True, True),
        (True, 1),
        (1.0, True),
        (False, 0.0),
        (0, -0.0),
        (3, 3.0),
        (3.0, 3),
        (0.1, 0.1),
        (1e300, 1e300),
    ],
)  # fmt: skip
def test_what_equals_a_filter_is_found_as_it_was_written(equals: Any, held: Any) -> None:
    assert held == equals
    assert to_json(held) in spellings(equals)


@given(
    equals=st.floats(-1e6, 1e6) | st.integers(-99, 99) | st.booleans() | st.text(max_size=5),
    held=st.floats(-1e6, 1e6) | st.integers(-99, 99) | st.booleans() | st.text(max_size=5),
)
def test_what_is_found_equals_the_filter(equals: Any, held: Any) -> None:
    assert (to_json(held) in spellings(equals)) is (held == equals)


@given(equals=st.floats(-1e6, 1e6) | st.booleans() | st.text(max_size=5))
def test_every_spelling_is_json_of_the_value(equals: Any) -> None:
    assert all(orjson.loads(each) == equals for each in spellings(equals))


@pytest.mark.parametrize("large", [10**20, -(10**25), 2**64])
def test_a_very_large_number_changes_the_spelling_of_nothing_beside_it(large: int) -> None:
    written = to_json({"shop": "Händler", "price": 1e-05, "large": large})

    held = {"shop": "Händler", "price": 1e-05, "large": float(large)}
    assert written == orjson.dumps(held).decode()


def test_what_a_product_looked_at_does_not_declare_stops_the_start() -> None:
    sale = read_file(Path(__file__).with_name("sale.toml"))
    source = sale.source.replace('feature = "new", equals', 'feature = "nwe", equals')
    other = product_from(source.replace('product = "sale"', 'product = "resale"'), "resale.toml")

    with pytest.raises(BundleMismatch, match="declares no input 'nwe'"):
        declared(other, {"sale": sale, "resale": other})
