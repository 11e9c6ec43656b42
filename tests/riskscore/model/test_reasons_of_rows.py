"""Reasons of many rows at once are those that each row gets alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

from riskscore.model.bundle import Bundle
from riskscore.model.golden import golden_rows
from riskscore.model.reasons import reasons_of
from riskscore.model.reasons_of_rows import reasons_of_rows
from riskscore.product.encode import complete, values
from riskscore.product.spec import Product

SHARES = st.sampled_from([-1.0, -0.1, 0.0, 0.03, 0.05, 0.1, 0.1001, 0.25, 0.7]) | st.floats(
    -2, 2, width=32
)


def exact_of(product: Product, bundle: Bundle, seed: int) -> np.ndarray:
    rows = golden_rows(product, bundle.trees, bundle.calibration, seed=seed)
    sent = [each["values"] for each in rows]
    columns = {
        each.name: values(each, [row[each.name] for row in sent])
        for each in product.inputs
        if each.model
    }
    past = {
        each.name: np.array([row[each.name] for row in sent], np.float64)
        for each in product.history
    }
    return complete(product, columns | past)


@pytest.mark.parametrize("language", ["en", "th"])
@given(data=st.data())
def test_a_row_among_others_gets_its_own_reasons(
    product: Product, bundle: Bundle, language: str, data: st.DataObject
) -> None:
    exact = exact_of(product, bundle, data.draw(st.integers(0, 20)))
    shape = (len(exact), len(product.columns))
    shares = data.draw(drawn.arrays(np.float32, shape, elements=SHARES, fill=st.just(0.05)))

    together = reasons_of_rows(product, shares, exact, language=language)

    alone = [
        reasons_of(product, share, row, language=language)
        for share, row in zip(shares, exact, strict=True)
    ]
    assert together == alone
    assert [list(map(repr, row)) for row in together] == [list(map(repr, row)) for row in alone]


def test_no_rows_have_no_reasons(product: Product) -> None:
    nothing = np.empty((0, len(product.columns)))

    assert reasons_of_rows(product, nothing.astype(np.float32), nothing) == []
