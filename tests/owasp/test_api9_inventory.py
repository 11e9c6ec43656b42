"""API9:2023 Improper inventory management: what can be called is what is written down."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from riskscore.product.spec import Product

Json = dict[str, Any]
ABOUT_ITSELF = {"/openapi.json", "/docs", "/docs/start.js", "/docs/<name>"}  # the document's own
README = Path(__file__).parent.parent.parent / "README.md"


@pytest.fixture
def document(client: FlaskClient) -> Json:
    described: Json = client.get("/openapi.json").get_json()
    return described


def test_every_route_is_in_the_document_and_every_path_is_a_route(
    client: FlaskClient, document: Json, product: Product
) -> None:
    rules = {each.rule for each in client.application.url_map.iter_rules()} - ABOUT_ITSELF
    one = {re.sub(r"<(?:\w+:)?slug>", product.slug, rule) for rule in rules}

    assert {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in one} == set(document["paths"])


def test_every_method_of_a_route_is_in_the_document(
    client: FlaskClient, document: Json, product: Product
) -> None:
    for rule in client.application.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?slug>", product.slug, rule.rule)
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
        methods = {each.lower() for each in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
        if rule.rule not in ABOUT_ITSELF:
            assert methods <= document["paths"][path].keys()


@pytest.mark.parametrize("version", ["v0", "v2", "v1.0", "V1", "beta", "internal", "api", "test"])
def test_no_other_version_answers(client: FlaskClient, product: Product, version: str) -> None:
    for path in (f"{product.slug}/scores", "decisions", "outcomes", "products"):
        assert client.get(f"/{version}/{path}").status_code == 404
        assert client.post(f"/{version}/{path}", json={}).status_code == 404


@pytest.mark.parametrize("host", ["staging.example", "localhost", "127.0.0.1", "evil.example"])
def test_every_host_name_shows_the_same(client: FlaskClient, document: Json, host: str) -> None:
    other = client.get("/openapi.json", base_url=f"http://{host}").get_json()

    assert other == document


def test_only_a_champion_is_served(client: FlaskClient, product: Product) -> None:
    versions = client.get("/readyz").get_json()["models"]

    assert versions == {product.name: "1"}
    assert client.post(f"/v1/{product.slug}/1/scores", json={}).status_code == 404
    assert client.post(f"/v1/{product.slug}/scores?version=2", json={}).status_code == 422
