"""One row encoded on its own is, bit for bit, the row that columns make."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.product.encode import complete, values
from riskscore.product.one_row import RowEncoder
from riskscore.product.past import Known
from riskscore.product.spec import Category, Flag, Input, Integer, Number, Product
from riskscore.product.toml import built_in, read_product


def sent(feature: Input) -> st.SearchStrategy[Any]:
    """Values that a request may carry; missing ones too."""
    match feature:
        case Number(low=low, high=high):
            held: st.SearchStrategy[Any] = st.floats(low, high)
        case Integer(low=low, high=high):
            held = st.integers(low, high)
        case Flag():
            held = st.booleans()
        case Category(values=words):
            held = st.sampled_from(words)
    return st.none() | held


@pytest.mark.parametrize("name", built_in())
def test_a_row_alone_is_encoded_as_in_columns(name: str) -> None:
    product = read_product(name)
    encode = RowEncoder(product)
    past = st.floats(0, 1e9) | st.sampled_from([0.0, -0.0, float("nan")])

    @given(
        features=st.fixed_dictionaries({each.name: sent(each) for each in product.inputs}),
        history=st.fixed_dictionaries({each.name: past for each in product.history}),
    )
    def agree(features: dict[str, Any], history: dict[str, float]) -> None:
        known = {each: Known(value, None) for each, value in history.items()}

        alone = np.array([encode(features, known)])

        assert alone.tobytes() == as_columns(product, features, history).tobytes()

    agree()


def as_columns(
    product: Product, features: dict[str, Any], history: dict[str, float]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    columns = {each.name: values(each, [features[each.name]]) for each in product.inputs}
    return complete(product, columns | {name: np.array([each]) for name, each in history.items()})
