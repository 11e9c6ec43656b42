"""What is admitted without ceremony is what the schema would have loaded, and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from riskscore.api.admission import Admission
from riskscore.api.schemas import application_schema
from riskscore.product.application import Application
from riskscore.product.spec import Product
from tests.riskscore.api.test_schemas import BAD, applications

Json = dict[str, Any]
MOMENT = "2026-01-01T00:00:00Z"
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", "5", "x" * 200, "a\nb", 0, 1, -1, 5.5, 1e39, 10**400, True, False, [], {}]
)


@st.composite
def spoilt(draw: st.DrawFn, product: Product) -> Json:
    """A valid application of which something was replaced, dropped or added."""
    application = draw(applications(product))
    inside = [application, *(application[name] for name in ("entities", "since", "features"))]
    table = draw(st.sampled_from(inside))
    names = [*table, "occurred_at", "purpose", "unknown", *(each.name for each in product.entities)]
    name = draw(st.sampled_from(names))
    if draw(st.booleans()):
        table.pop(name, None)
    else:
        table[name] = draw(ODD)
    return application


def loaded(product: Product, sent: Json) -> Application | None:
    try:
        application: Application = application_schema(product).load(sent)
    except ValidationError:
        return None
    return application


def told(application: Application | None) -> str:
    """Tell an application with the types of its values, and the order of its tables."""
    return repr(application)


@given(data=st.data())
def test_a_valid_application_is_admitted_as_the_schema_loads_it(
    product: Product, data: st.DataObject
) -> None:
    sent = {"occurred_at": MOMENT} | data.draw(applications(product))

    admitted = Admission(product)(sent)

    assert admitted is not None
    assert told(admitted) == told(loaded(product, sent))


@given(data=st.data())
def test_what_the_schema_refuses_is_never_admitted(product: Product, data: st.DataObject) -> None:
    sent = {"occurred_at": MOMENT} | data.draw(spoilt(product))

    admitted = Admission(product)(sent)

    assert admitted is None or told(admitted) == told(loaded(product, sent))


@given(data=st.data())
def test_no_bad_value_of_any_input_is_admitted(product: Product, data: st.DataObject) -> None:
    sent = data.draw(applications(product))
    feature = data.draw(st.sampled_from(product.inputs))
    bad = [each for each in BAD[type(feature)] if each is not None or not feature.missing]
    sent["features"][feature.name] = data.draw(st.sampled_from(bad))

    assert Admission(product)(sent) is None


@pytest.mark.parametrize("name", ["entities", "since", "features"])
def test_a_table_that_is_none_is_left_to_the_schema(product: Product, name: str) -> None:
    sent = {"reference": "r", "entities": {"document": "X1"}, "features": {"sims_on_document": 1}}

    assert Admission(product)(sent | {name: [1]}) is None


def test_a_moment_that_was_not_sent_is_now(product: Product) -> None:
    sent = {
        "reference": "r",
        "entities": {"document": "X1"},
        "features": {"sims_on_document": 1, "channel": "store", "prepaid": True},
    }

    admitted, schema = Admission(product)(sent), loaded(product, sent)

    assert admitted is not None
    assert schema is not None
    assert 0 <= schema.occurred_at - admitted.occurred_at < 60_000_000
