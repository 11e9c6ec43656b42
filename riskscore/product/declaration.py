"""A product as callers see it: its TOML tables, as JSON."""

import tomllib
from typing import Any

from riskscore.product.spec import Product


def declaration(product: Product) -> dict[str, Any]:
    """Return the declaration, each element with its TOML keys and its name."""
    tables = tomllib.loads(product.source)
    entities = tables.get("entities", {})
    return {
        "product": product.name,
        "title": product.title,
        "version": product.version,
        "entities": [{"name": name, **table} for name, table in entities.items()],
        "features": tables.get("feature", []),
        "history": tables.get("history", []),
        "derived": tables.get("derived", []),
    }
