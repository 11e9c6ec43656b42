"""What is sent must be what a contender accepts, or its figure is that of a refusal."""

import json
from itertools import islice
from pathlib import Path

import pytest

from bench.bodies import Body, named_bodies, product_bodies, sale_bodies, v2_bodies, write
from bench.reference import COLUMNS
from bench.sale import SENT, sale
from riskscore.api.schemas import application_schema
from riskscore.product.spec import Product
from riskscore.product.toml import read_product

NAMES = {"document": 10, "phone": 10, "device": 10, "dealer": 2}


def some(product: Product) -> list[Body]:
    return list(islice(product_bodies(product), 50))


def test_the_service_accepts_the_bodies_of_the_reference_model() -> None:
    schema = application_schema(sale())

    read = [schema.load(body) for body in islice(sale_bodies(NAMES), 50)]

    columns = {f"f{place}" for place in range(SENT)}
    assert all(each.features.keys() <= columns for each in read)
    assert 0.9 < sum(len(each.features) for each in read) / (50 * SENT) < 1


@pytest.mark.parametrize("name", ["sim_registration"])
def test_the_service_accepts_bodies_drawn_from_a_shipped_product(name: str) -> None:
    product = read_product(name)
    schema = application_schema(product)

    read = [schema.load(body) for body in some(product)]

    assert all(set(each.entities) == {one.name for one in product.entities} for each in read)


def test_customers_come_back_and_dealers_more_often() -> None:
    bodies = list(sale_bodies({"document": 1000, "dealer": 10}))

    documents = {each["entities"]["document"] for each in bodies}
    dealers = {each["entities"]["dealer"] for each in bodies}

    assert 1000 < len(documents) < len(bodies) / 2
    assert len(dealers) == 10


def test_all_forms_carry_the_same_values() -> None:
    named, v2 = next(named_bodies()), next(v2_bodies())

    values = [value or 0.0 for value in named["features"].values()]

    assert v2["inputs"][0]["data"] == values
    assert v2["inputs"][0]["shape"] == [1, COLUMNS]


def test_a_body_is_one_line_with_one_place_for_its_reference(tmp_path: Path) -> None:
    path = write(tmp_path / "bodies.jsonl", islice(sale_bodies(NAMES), 20))

    lines = path.read_text().splitlines()

    assert len(lines) == 20
    assert all(line.count("@") == 1 for line in lines)
    assert json.loads(lines[0])["purpose"] == "onboard"
