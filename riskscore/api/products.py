"""GET /v1/products and /v1/products/<name>."""

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from riskscore.api.served import Served, served_by_name, service
from riskscore.product.declaration import declaration

bp = Blueprint("products", __name__, url_prefix="/v1/products")


@bp.get("")
def list_products() -> ResponseReturnValue:
    return {"products": [summary(each) for each in service().products.values()]}


@bp.get("/<name>")
def show_product(name: str) -> ResponseReturnValue:
    return declaration(served_by_name(name).bundle.product)


def summary(served: Served) -> dict[str, Any]:
    product = served.bundle.product
    return {
        "product": product.name,
        "title": product.title,
        "version": product.version,
        "scores": f"/v1/{product.slug}/scores",
        "model": {"version": served.bundle.version, "sha256": served.bundle.sha256},
    }
