"""What windows ask of an event, kept beside its identifiers.

A filter or a count of other identifiers looks into every event of a window. Reading a whole
application each time, for an answer of one word, would be most of the cost of a busy dealer. So a
sighting carries, as JSON ``{"f": {feature: value}, "e": {entity: number}}``, what the products
served now ask of such an event, null where it is absent. What a sighting does not carry, because
nobody asked for it then, is looked up in the event.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from riskscore.history.engine import to_json
from riskscore.product.spec import Product


class Glances(NamedTuple):
    """What is asked of a product's events.

    Attributes:
        features: Those that a filter asks for.
        others: Entities that are counted.
        entities: Those by whose identifiers anything is asked.
    """

    features: tuple[str, ...]
    others: tuple[str, ...]
    entities: frozenset[str]

    def at(self, features: Mapping[str, Any], numbers: Mapping[str, int]) -> str:
        """Give what the sightings of one event carry, as JSON."""
        seen = {name: features.get(name) for name in self.features}
        return to_json({"f": seen, "e": {name: numbers.get(name) for name in self.others}})


NO_GLANCES = Glances((), (), frozenset())


def glances_of(product: str, watching: Iterable[Product]) -> Glances:
    """Gather what is asked of a product's events, by those who look at it."""
    asking = [each for one in watching for each in one.history if each.of == product]
    filtering = [each for each in asking if each.where]
    counting = [each for each in asking if each.measure == "distinct"]
    return Glances(
        features=tuple(sorted({each.where.feature for each in filtering if each.where})),
        others=tuple(sorted({str(each.what) for each in counting})),
        entities=frozenset(each.entity for each in (*filtering, *counting)),
    )
