"""What must be read to compute a product's history columns: few ranges, however many windows.

Columns that ask for the same identifier and product share one range of sightings, as long as the
longest of their windows. The latest event is looked for from the end, and outcomes of events that
a filter picks are asked for on their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from riskscore.errors import BundleMismatch, ProductInvalid
from riskscore.history.looks import JUDGING, seen_sheet
from riskscore.history.windows import CODES, microseconds_of, of_nothing
from riskscore.product.past import Known
from riskscore.product.spec import Category, History, Product, Where
from riskscore.product.toml import built_in, read_product

Codes = Mapping[str, int]


class Asked(NamedTuple):
    """A column as it is asked for.

    Attributes:
        begin: The parameter that says where its window begins, the same for equal ones.
        window: Microseconds.
        code: Of its measure.
        nothing: Its value where the window holds nothing.
    """

    name: str
    begin: str
    window: int
    code: int
    base_rate: float
    nothing: Known


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """One range of sightings, and the columns that are computed from it.

    Attributes:
        where: The filter of those whose outcomes are asked for, or of the latest event.
        last: Is the latest event all that is wanted?
    """

    place: int
    entity: str
    of: str
    where: Where | None
    columns: tuple[History, ...]
    last: bool

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        return tuple(
            Asked(
                name=each.name,
                begin=f"begin_{self.entity}_{microseconds_of(each)}",
                window=microseconds_of(each),
                code=CODES[each.measure],
                base_rate=each.base_rate or 0.0,
                nothing=Known(of_nothing(each), None),
            )
            for each in self.columns
        )

    @cached_property
    def who(self) -> str:
        """The parameter that says whose sightings."""
        return f"entity_{self.entity}"

    @cached_property
    def where_from(self) -> str:
        """The parameter that says of which stream."""
        return f"stream_{self.of}"

    @cached_property
    def longest(self) -> int:
        """The place of the column with the longest window."""
        windows = [each.window for each in self.asked]
        return windows.index(max(windows))

    @cached_property
    def judged(self) -> bool:
        return any(each.measure in JUDGING for each in self.columns)


def lookups_of(product: Product) -> tuple[Lookup, ...]:
    """Gather a product's history columns into ranges."""
    ranked = sorted(product.history, key=_range)
    gathered = [[*columns] for _, columns in groupby(ranked, key=_range)]
    return tuple(
        Lookup(
            place=place,
            entity=columns[0].entity,
            of=columns[0].of,
            where=columns[0].where if _range(columns[0])[2:] != ("", "") else None,
            columns=tuple(columns),
            last=columns[0].measure == "latest",
        )
        for place, columns in enumerate(gathered)
    )


def _range(column: History) -> tuple[str, str, str, str]:
    alone = column.name if column.measure == "latest" else ""
    filtered = repr(column.where) if column.where and column.measure in JUDGING else ""
    return column.entity, column.of, alone, filtered


def declared(product: Product, served: Mapping[str, Product]) -> dict[str, Product]:
    """Find the declarations of the products that a product looks into: served here, or built in.

    Raises:
        BundleMismatch: One that it takes features of is neither, or does not declare them.
    """
    asked = {each.of for each in product.history}
    known = {name: served[name] for name in asked & served.keys()}
    known |= {name: read_product(name) for name in asked & {*built_in()} - known.keys()}
    for each in product.history:
        if each.measure == "latest" and each.what != "score" and each.of not in known:
            raise BundleMismatch(
                f"{product.name}: history {each.name}: looks into {each.of}, "
                "which is neither served here nor built in"
            )
    for of in known:
        try:
            seen_sheet(product, of, known)
        except ProductInvalid as error:
            raise BundleMismatch(f"{product.name}: {error}") from error
    return known


def codes_of(product: Product, others: Mapping[str, Product]) -> dict[tuple[str, str], Codes]:
    """Find the codes of the words that ``latest`` may meet: (product, feature) -> word -> code."""
    asked = {each.of for each in product.history if each.measure == "latest"}
    return {
        (name, feature.name): feature.codes
        for name in asked & others.keys()
        for feature in others[name].inputs
        if isinstance(feature, Category)
    }
