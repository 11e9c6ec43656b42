"""Every valid application scores; every broken one names its field."""

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from riskscore.api import examples
from riskscore.api.schemas import application_schema
from riskscore.product.spec import Category, Flag, Format, Input, Integer, Number, Product
from riskscore.product.toml import built_in, read_product

Json = dict[str, Any]
SCORES = "/v1/phone-subscription/scores"
CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"])
IDENTIFIERS: dict[Format, list[str]] = {
    "plain": ["D-1182", "th nid 1101700203451", "ก1"],
    "e164": ["+66812345678", "+44 20 7946 0958", "tel:+1-212-555-0123"],
    "imei": ["490154203237518", "49015420323751", "49-015420-323751-8"],
    "iccid": ["8966012345678901231"],
    "iban": ["GB82WEST12345698765432", "gb82 west 1234 5698 7654 32"],
}
BAD: dict[type, list[Any]] = {
    Number: ["5", True, None, [], {}, 1e30, -1e30],
    Integer: ["5", False, None, 5.5, 10**12, -1],
    Flag: [0, 1, "true", None, []],
    Category: ["no such word", "", 0, True, None],
}


def value(feature: Input) -> st.SearchStrategy[Any]:
    match feature:
        case Number(low=low, high=high):
            valid: st.SearchStrategy[Any] = st.floats(low, high) | st.integers(
                -int(-low), int(high)
            )
        case Integer(low=low, high=high):
            valid = st.integers(low, high).flatmap(lambda n: st.sampled_from([n, float(n)]))
        case Flag():
            valid = st.booleans()
        case Category(values=words):
            valid = st.sampled_from(words)
    return st.none() | valid if feature.missing else valid


@st.composite
def applications(draw: st.DrawFn, product: Product) -> Json:
    required = {each.name: value(each) for each in product.inputs if not each.missing}
    optional = {each.name: value(each) for each in product.inputs if each.missing}
    entities = {
        each.name: st.sampled_from(IDENTIFIERS[each.format])
        for each in product.entities
        if each.required or draw(st.booleans())
    }
    known_since = st.sampled_from(["2026-01-01", "2026-10-02T10:00:00.123456+07:00"])
    application = {
        "reference": draw(st.text(CHARACTERS, min_size=1, max_size=128)),
        "entities": draw(st.fixed_dictionaries(entities)),
        "since": draw(st.fixed_dictionaries({}, optional=dict.fromkeys(entities, known_since))),
        "features": draw(st.fixed_dictionaries(required, optional=optional)),
    }
    more = {
        "occurred_at": st.datetimes(datetime(1900, 1, 1), datetime(2026, 1, 1)).map(  # noqa: DTZ001 - see below
            lambda moment: moment.isoformat(timespec="seconds")[:19] + "Z"
        ),
        "purpose": st.sampled_from(["onboard", "rescreen", "backfill", "test"]),
    }
    return application | draw(st.fixed_dictionaries({}, optional=more))


@given(data=st.data())
def test_every_valid_application_scores(
    client: FlaskClient, product: Product, data: st.DataObject
) -> None:
    response = client.post(SCORES, json=data.draw(applications(product)))

    assert response.status_code == 200, response.text
    assert 0 <= response.get_json()["score"] <= 1000


@given(data=st.data())
def test_every_broken_application_names_its_field(
    client: FlaskClient, product: Product, data: st.DataObject
) -> None:
    application = data.draw(applications(product))
    feature = data.draw(st.sampled_from(product.inputs))
    bad = [each for each in BAD[type(feature)] if each is not None or not feature.missing]
    application["features"][feature.name] = data.draw(st.sampled_from(bad))

    response = client.post(SCORES, json=application)

    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == [f"features.{feature.name}"]


@pytest.mark.parametrize("name", built_in())
def test_the_example_of_every_built_in_product_is_valid(name: str) -> None:
    product = read_product(name)

    application = application_schema(product).load(examples.application(product))

    assert application.reference == "example-1"
    assert len(application.features) >= examples.SHOWN


def test_the_example_of_any_product_scores(client: FlaskClient, product: Product) -> None:
    response = client.post(SCORES, json=examples.application(product))

    assert response.status_code == 200


@pytest.mark.parametrize("format_", list(examples.IDENTIFIERS))
def test_example_identifiers_are_valid(product: Product, format_: Format) -> None:
    entities = [each for each in product.entities if each.format == format_]

    sent = {each.name: examples.identifier(each) for each in product.entities}
    application = application_schema(product).load(
        examples.application(product) | {"entities": sent}
    )

    assert entities
    assert application.entities.keys() == sent.keys()


def test_identifiers_are_loaded_in_their_canonical_spelling(product: Product) -> None:
    sent = {"document": "th-nid 1101", "msisdn": "+66 81 234 5678", "imei": None}
    application = application_schema(product).load(
        examples.application(product) | {"entities": sent, "since": {"msisdn": "2026-10-02"}}
    )

    assert application.entities == {"document": "THNID1101", "msisdn": "+66812345678"}
    assert application.since == {"msisdn": 1_790_899_200_000_000}
