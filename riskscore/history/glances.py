"""What windows ask of an event, kept beside each of its identifiers.

A filter or a count of other identifiers looks into every event of a window. Reading a whole
application each time, for an answer of one word, would be most of the cost of a busy dealer. So a
sighting carries, as JSON ``{"f": {feature: value}, "e": {entity: number}}``, what the products
served now ask of such an event by that identifier, null where it is absent. What a sighting does
not carry, because nobody asked for it then, is looked up in the event.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from riskscore.product.spec import History, Product


class Glance(NamedTuple):
    """The features and the other entities that are asked of an event by one identifier."""

    features: tuple[str, ...]
    entities: tuple[str, ...]

    def at(self, features: Mapping[str, Any], numbers: Mapping[str, int]) -> dict[str, Any]:
        """Give what a sighting carries of one event."""
        return {
            "f": {name: features.get(name) for name in self.features},
            "e": {name: numbers.get(name) for name in self.entities},
        }


Glances = Mapping[str, Glance]  # entity -> what is asked of an event by it


def glances_of(product: str, watching: Iterable[Product]) -> Glances:
    """Gather what is asked of a product's events, by those who look at it."""
    asked: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for column in looking_at(product, watching):
        features, entities = asked[column.entity]
        if column.where:
            features.add(column.where.feature)
        if column.measure == "distinct":
            entities.add(str(column.what))
    return {
        entity: Glance(tuple(sorted(features)), tuple(sorted(entities)))
        for entity, (features, entities) in asked.items()
        if features or entities
    }


def looking_at(product: str, watching: Iterable[Product]) -> Iterable[History]:
    return (each for one in watching for each in one.history if each.of == product)
