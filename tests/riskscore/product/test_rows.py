"""A batch of rows: words are judged in columns as they are one by one."""

import re

import numpy as np
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from riskscore.product.application import PURPOSES, REFERENCE
from riskscore.product.parsing import texts
from riskscore.product.rows import Batch, as_sent, read_batch
from riskscore.product.spec import Product

GOOD = {"document": "TH-1", "sims_on_document": 3, "channel": "store", "prepaid": True}
WORDS = (
    st.text(max_size=6) | st.text("rẹ́ \t\n\x85\x9f\x7f😀", max_size=140) | st.sampled_from(PURPOSES)
)


def batch_of(product: Product, **more: object) -> Batch:
    return read_batch(product, pa.RecordBatch.from_pylist([GOOD | more]), text=False)


@given(WORDS)
@example("r" * 128)
@example("r" * 129)
@example("a\nb")
def test_a_reference_is_refused_in_a_column_as_it_is_alone(product: Product, word: str) -> None:
    [read] = texts(pa.array([word]))

    found = batch_of(product, reference=word)

    assert bool(found.problems) == (read is not None and not re.fullmatch(REFERENCE, read))


@given(WORDS)
@example("onboards")
@example("onboard\n")
def test_a_purpose_is_refused_in_a_column_as_it_is_alone(product: Product, word: str) -> None:
    [read] = texts(pa.array([word]))

    found = batch_of(product, purpose=word)

    assert bool(found.problems) == (read is not None and read not in PURPOSES)


def test_identifiers_are_kept_in_canonical_spelling(product: Product) -> None:
    found = batch_of(product, msisdn="+66 81 234 5678", imei="35-209900-176148-1")

    assert {name: each.to_pylist() for name, each in found.identifiers.items()} == {
        "document": ["TH1"],
        "msisdn": ["+66812345678"],
        "imei": ["35209900176148"],
        "iccid": [None],
        "account": [None],
    }


def test_values_are_given_back_as_they_were_sent(product: Product) -> None:
    inputs = {each.name: each for each in product.inputs}

    assert as_sent(inputs["channel"], np.array([1.0, np.nan])) == ["dealer", None]
    assert repr(as_sent(inputs["prepaid"], np.array([1.0, 0.0]))) == "[True, False]"
    assert repr(as_sent(inputs["sims_on_document"], np.array([3.0]))) == "[3]"
    assert repr(as_sent(inputs["avg.spend"], np.array([3.0]))) == "[3.0]"
