"""How a value that a filter asks for may stand in what the store keeps."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscore.history.engine import to_json
from riskscore.history.plan import spellings


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
