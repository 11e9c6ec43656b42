"""One batch of an event file, read column by column; what breaks the declaration is noted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskscore.product.parsing import (
    Refused,
    parse_input,
    parse_moments,
    parse_quantity,
    text_column,
)
from riskscore.product.refusals import Refusals
from riskscore.product.spec import Entity, Input
from riskscore.product.spelling import spelled
from riskscore.product.values import Values, expected

MOMENT = "a date or date-time, such as 2026-11-21T10:00:00Z"


@dataclass(frozen=True, slots=True)
class Page:
    """A batch, of whose file ``before`` rows were read earlier; ``text`` if it is a csv file."""

    batch: pa.RecordBatch
    refusals: Refusals
    before: int
    text: bool = False

    @property
    def rows(self) -> int:
        return int(self.batch.num_rows)

    def words(self, name: str, default: str | None = None) -> pa.Array:
        """Read text, null or the default where missing."""
        if name not in self.batch.schema.names:
            return pa.nulls(self.rows, pa.string()) if default is None else self._all(default)
        read = text_column(self.batch[name])
        return read if default is None else pc.fill_null(read, default)

    def chosen(self, name: str, default: str, words: Collection[str]) -> pa.Array:
        """Read one of a closed list of words."""
        read = self.words(name, default)
        strange = pc.invert(pc.is_in(read, pa.array(list(words))))
        self._refuse(name, f"one of {', '.join(words)}", _mask(strange))
        return read

    def coded(self, name: str, codes: Mapping[str, int]) -> pa.Array:
        """Read one of a closed list of words as its code."""
        places = pc.index_in(self.words(name), pa.array(list(codes)))
        self._refuse(name, f"one of {', '.join(codes)}", _mask(places.is_null()))
        return pa.array(list(codes.values()), pa.int64()).take(pc.fill_null(places, 0))

    def numbered(self, name: str, default: str, numbers: dict[str, int]) -> pa.Array:
        """Read words as numbers, giving new words new ones."""
        encoded = self.words(name, default).dictionary_encode()
        found = [numbers.setdefault(each, len(numbers)) for each in encoded.dictionary.to_pylist()]
        return pa.array(found, pa.int64()).take(encoded.indices)

    def references(self) -> pa.Array:
        """Read references; where the file has none, its rows bear none."""
        read = self.words("reference")
        if "reference" in self.batch.schema.names:
            self._refuse("reference", "a reference", _mask(read.is_null()))
        return read

    def moments(self, name: str, otherwise: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Read moments in microseconds; every row must have one unless there is another."""
        if name not in self.batch.schema.names and otherwise is not None:
            return otherwise
        parsed = parse_moments(self.batch[name])
        wrong = parsed.refused if otherwise is not None else parsed.refused | parsed.missing
        self._refuse(name, MOMENT, wrong)
        if otherwise is None:
            return parsed.moments
        return np.where(parsed.missing, otherwise, parsed.moments)

    def identifiers(self, entity: Entity) -> pa.Array:
        """Read identifiers in canonical spelling, null where absent."""
        if entity.name not in self.batch.schema.names:
            return pa.nulls(self.rows, pa.string())
        read = spelled(self.batch[entity.name], entity.format)
        self._refuse(entity.name, f"an identifier ({entity.format})", read.refused)
        return read.identifiers

    def quantity(self, name: str, feature: Input | None) -> Values:
        """Read a feature, or any number where it is none; NaN where missing."""
        if name not in self.batch.schema.names:
            return np.full(self.rows, np.nan)
        if feature is None:
            parsed, must = parse_quantity(self.batch[name], text=self.text), "a number"
        else:
            parsed, must = parse_input(feature, self.batch[name], text=self.text), expected(feature)
        there = _mask(self.batch[name].is_valid())
        self._refuse(name, must, parsed.refused & there)
        return parsed.values

    def _refuse(self, column: str, must: str, refused: Refused) -> None:
        self.refusals.add(column, must, refused, before=self.before)

    def _all(self, word: str) -> pa.Array:
        return pa.repeat(pa.scalar(word, pa.string()), self.rows)


def _mask(column: pa.Array) -> Refused:
    mask: Refused = column.to_numpy(zero_copy_only=False)
    return mask
