"""Reasons of many rows at once: to the letter those that ``reasons_of`` gives each of them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskscore.model.reasons import LEAST, MOST, Reason, shown, text
from riskscore.product.spec import Feature, Product
from riskscore.product.values import Values

Shares = NDArray[np.floating]


class Raised(NamedTuple):
    """A code, and what some rows whose risk it raised have of its columns.

    Attributes:
        totals: Its contribution to each row, shape (n_rows,).
        shares: Of its columns, shape (n_rows, n_features); so ``values``.
    """

    code: str
    features: Sequence[Feature]
    totals: Values
    shares: Shares
    values: Values

    def reasons(self, language: str) -> Iterator[Reason]:
        features, leads = self.features, self.shares.argmax(axis=1).tolist()
        rows = zip(self.totals.tolist(), leads, self.values.tolist(), strict=True)
        for total, lead, known in rows:
            yield Reason(
                code=self.code,
                contribution=round(total, 4),
                text=text(features[lead], shown(features[lead], known[lead]), language),
                features={
                    each.name: shown(each, value)
                    for each, value in zip(features, known, strict=True)
                },
            )


def reasons_of_rows(
    product: Product, contributions: Shares, values: Values, *, language: str = "en"
) -> list[list[Reason]]:
    """List what raised each row's risk, largest first.

    Args:
        product: Whose columns, codes and texts.
        contributions: Shapley values in log-odds, shape (n_rows, n_columns).
        values: Of the model columns in float64, shape (n_rows, n_columns), NaN where missing.
        language: Of the texts; English where a text has no such translation.
    """
    sums = _sums(product, contributions)
    first = np.argsort(-sums, axis=1, kind="stable")[:, :MOST]
    raising = np.take_along_axis(sums, first, axis=1) >= LEAST
    table = np.empty(first.shape, object)
    for number, (code, places) in enumerate(product.codes.items()):
        rows, ranks = np.nonzero((first == number) & raising)
        raised = Raised(
            code=code,
            features=[product.columns[place] for place in places],
            totals=sums[rows, number],
            shares=contributions[rows][:, places],
            values=values[rows][:, places],
        )
        table[rows, ranks] = [*raised.reasons(language)]
    counts = raising.sum(axis=1).tolist()
    return [row[:count] for row, count in zip(table.tolist(), counts, strict=True)]


def _sums(product: Product, contributions: Shares) -> Values:
    """Sum contributions per reason code, in float64 and in the order of the columns."""
    sums = np.zeros((len(contributions), len(product.codes)))
    for number, places in enumerate(product.codes.values()):
        for place in places:
            sums[:, number] += contributions[:, place]
    return sums
