"""What history is, written down naively from the design: every application looks at all before it.

Nothing here is shared with the code under test but the declaration and the words.
"""

import math
from dataclasses import dataclass, field
from typing import Any

from riskscore.product.application import Application
from riskscore.product.spec import Category, History, Product

Answer = tuple[float | None, str | None]  # value (None for NaN), why there is none


@dataclass(frozen=True, kw_only=True)
class Received:
    """An application that counted, in the place where it was received."""

    product: str
    application: Application
    score: int


@dataclass(frozen=True, kw_only=True)
class Found:
    """An outcome, likewise."""

    product: str
    reference: str
    status: str
    known_at: int


@dataclass
class Oracle:
    """All that was received, in order."""

    products: dict[str, Product]
    declared: int | None = None
    events: list[Received] = field(default_factory=list)
    outcomes: list[Found] = field(default_factory=list)

    def history(self, product: Product, application: Application) -> dict[str, Answer]:
        return {each.name: self.column(product, each, application) for each in product.history}

    def receive(self, product: Product, application: Application, score: int) -> None:
        counted = {(each.product, each.application.reference) for each in self.events}
        first = (product.name, application.reference) not in counted
        if first and application.purpose in {"onboard", "backfill"}:
            self.events.append(Received(product=product.name, application=application, score=score))

    def column(self, product: Product, column: History, asking: Application) -> Answer:
        if column.entity not in asking.entities:
            return None, "MISSING"
        begin = asking.occurred_at - int(column.window.total_seconds() * 1_000_000)
        if column.entity in asking.since:
            begin = max(begin, asking.since[column.entity])
        known_since = self.known_since(column.of)
        if known_since is None or begin < known_since:
            return None, "HISTORY_SHORT"
        seen = [
            each
            for each in self.events
            if each.product == column.of
            and each.application.entities.get(column.entity) == asking.entities[column.entity]
            and begin <= each.application.occurred_at <= asking.occurred_at
            and (each.product, each.application.reference) != (product.name, asking.reference)
        ]
        value = self.measure(column, seen, asking.occurred_at)
        return (None if math.isnan(value) else value), None

    def known_since(self, product: str) -> int | None:
        if self.declared is not None:
            return self.declared
        first = [each for each in self.events if each.product == product]
        return first[0].application.occurred_at if first else None

    def measure(self, column: History, seen: list[Received], at: int) -> float:
        met = [each for each in seen if self.meets(column, each)]
        confirmed = sum(self.label(each, at) == 1 for each in met)
        match column.measure:
            case "count":
                return len(met)
            case "distinct":
                others = [each.application.entities.get(str(column.what)) for each in met]
                return len({each for each in others if each is not None})
            case "confirmed":
                return confirmed
            case "confirmed_rate":
                return (confirmed + 20 * (column.base_rate or 0)) / (len(met) + 20)
            case "share":
                return len(met) / len(seen) if seen else math.nan
        return self.of_latest(column, met, at) if met else math.nan

    def of_latest(self, column: History, met: list[Received], at: int) -> float:
        last = max(each.application.occurred_at for each in met)
        latest = [each for each in met if each.application.occurred_at == last][-1]
        if column.measure == "seconds_since_latest":
            return (at - last) / 1e6
        return self.value(column, latest)

    def meets(self, column: History, each: Received) -> bool:
        if column.where is None:
            return True
        return each.application.features.get(column.where.feature) == column.where.equals

    def label(self, each: Received, at: int) -> int | None:
        visible = [
            (found.known_at, place, found.status)
            for place, found in enumerate(self.outcomes)
            if found.product == each.product
            and found.reference == each.application.reference
            and found.known_at <= at
        ]
        return {"confirmed": 1, "cleared": 0}.get(max(visible)[2]) if visible else None

    def value(self, column: History, each: Received) -> float:
        if column.what == "score":
            return each.score
        value: Any = each.application.features.get(str(column.what))
        if value is None:
            return math.nan
        [feature] = [
            declared for declared in self.products[column.of].inputs if declared.name == column.what
        ]
        return feature.codes[value] if isinstance(feature, Category) else float(value)
