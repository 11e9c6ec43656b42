"""GET /v1/products and /v1/products/<name>."""

from flask.testing import FlaskClient

from riskscore.model.bundle import Bundle


def test_products_are_listed_with_their_models(client: FlaskClient, bundle: Bundle) -> None:
    assert client.get("/v1/products").get_json() == {
        "products": [
            {
                "product": "phone_subscription",
                "title": "Phone subscription",
                "version": 1,
                "scores": "/v1/phone-subscription/scores",
                "model": {"version": "1", "sha256": bundle.sha256},
            }
        ]
    }


def test_a_product_is_shown_as_it_is_declared(client: FlaskClient) -> None:
    shown = client.get("/v1/products/phone_subscription").get_json()

    assert list(shown) == [
        "product", "title", "version", "entities", "features", "history", "derived",
    ]  # fmt: skip
    assert shown["entities"][1] == {"name": "msisdn", "format": "e164"}
    assert shown["features"][2] == {
        "name": "avg.spend",
        "kind": "number",
        "low": -10.5,
        "high": 1e9,
        "missing": True,
        "code": "SPEND",
    }
    assert shown["history"][1]["what"] == "imei"
    assert shown["derived"][0]["of"] == ["avg.spend", "sims_on_document"]


def test_health_names_what_is_served(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {
        "status": "ready",
        "models": {"phone_subscription": "1"},
    }
