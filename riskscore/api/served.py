"""What this process serves, and how a view gets at it."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flask import current_app
from marshmallow import Schema

from riskscore.api import examples
from riskscore.api.schemas import application_schema
from riskscore.errors import UnknownProduct
from riskscore.model.bundle import Bundle, load_champions

EXTENSION = "riskscore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One product: its proven model, and the schema that judges its applications."""

    bundle: Bundle
    schema: Schema


@dataclass(frozen=True, kw_only=True)
class Service:
    """Everything a worker holds, read-only.

    Attributes:
        products: By name.
    """

    products: Mapping[str, Served]

    @cached_property
    def by_slug(self) -> Mapping[str, Served]:
        return {each.bundle.product.slug: each for each in self.products.values()}

    def invitation(self, url: str) -> str:
        """Say where we listen, with one call that works."""
        product = next(iter(self.products.values())).bundle.product
        body = json.dumps(examples.application(product), ensure_ascii=False)
        return (
            f"riskscore listens on {url}, documentation on {url}/docs. Try:\n\n"
            f"curl {url}/v1/{product.slug}/scores -H 'Content-Type: application/json'"
            f" -d {shlex.quote(body)}\n"
        )


def load_service(models: Path) -> Service:
    """Load the champion of every product.

    Raises:
        StartupError: A bundle is missing or cannot be trusted.
    """
    return Service(
        products={
            name: Served(bundle=bundle, schema=application_schema(bundle.product))
            for name, bundle in load_champions(models).items()
        }
    )


def service() -> Service:
    held: Service = current_app.extensions[EXTENSION]
    return held


def served_as(slug: str) -> Served:
    """Find a product by its name in paths.

    Raises:
        UnknownProduct: We do not serve it.
    """
    try:
        return service().by_slug[slug]
    except KeyError:
        raise UnknownProduct(f"expected one of {', '.join(service().by_slug)}") from None


def served_by_name(name: str) -> Served:
    """Find a product by its name.

    Raises:
        UnknownProduct: We do not serve it.
    """
    try:
        return service().products[name]
    except KeyError:
        raise UnknownProduct(f"expected one of {', '.join(service().products)}") from None
