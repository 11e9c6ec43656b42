"""What this process serves, and how a view gets at it."""

import json
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flask import current_app
from marshmallow import Schema

from riskscore.access.door import Door, door_from
from riskscore.api import examples
from riskscore.api.admission import Admission
from riskscore.api.schemas import application_schema
from riskscore.decision.ledger import Judge
from riskscore.errors import StartupError, StoreUnavailable, UnknownProduct
from riskscore.history.lookups import declared
from riskscore.history.plan import plan
from riskscore.history.store import Store, store_from
from riskscore.model.bundle import Bundle, load_champions
from riskscore.product.spec import Product
from riskscore.settings import Settings

EXTENSION = "riskscore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One product: who decides about it, who admits its applications, and who judges the others."""

    judge: Judge
    admission: Admission
    schema: Schema

    @property
    def bundle(self) -> Bundle:
        return self.judge.bundle


@dataclass(frozen=True, kw_only=True)
class Service:
    """Everything a worker holds.

    Attributes:
        products: By name.
        door: Who may come in.
        entity_quota: Applications in a day that may carry the same identifier; None without limit.
        shared_entities: Kinds of identifiers to which that does not apply.
        first_key: The file of a key that was made for whoever tries the service.
    """

    products: Mapping[str, Served]
    store: Store
    door: Door
    entity_quota: int | None = None
    shared_entities: frozenset[str] = frozenset()
    first_key: Path | None = None

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
            f"{self.credential()} -d {shlex.quote(body)}\n"
        )

    def credential(self) -> str:
        """Say how a call shows its key, without saying the key."""
        if self.door.open:
            return ""
        key = f"$(cat {self.first_key})" if self.first_key else "$RISKSCORE_KEY"
        return f' -H "Authorization: Bearer {key}"'


def load_service(settings: Settings) -> Service:
    """Load the champion of every product, and open the store.

    A store that cannot be reached keeps nobody from starting: it is tried again when it is
    needed, and until then answered for as the settings say.

    Raises:
        StartupError: A bundle or the store is missing or cannot be trusted.
    """
    bundles = load_champions(settings.models)
    store = store_from(settings)
    with suppress(StoreUnavailable):  # it has been logged
        store.open()
    try:
        door = door_from(settings, store)
    except StartupError:
        store.close()
        raise
    products = {name: each.product for name, each in bundles.items()}
    return Service(
        products={name: serve(each, store, products) for name, each in bundles.items()},
        store=store,
        door=door,
        entity_quota=settings.entity_quota or None,
        shared_entities=settings.shared_entities,
        first_key=settings.first_key,
    )


def serve(bundle: Bundle, store: Store, products: Mapping[str, Product]) -> Served:
    """Prepare to answer for one of the products that are served."""
    others, dialect = declared(bundle.product, products), store.engine.dialect
    asked = plan(bundle.product, others, dialect, watching=products.values())
    judge = Judge(bundle=bundle, plan=asked, store=store)
    return Served(
        judge=judge,
        admission=Admission(bundle.product),
        schema=application_schema(bundle.product),
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
