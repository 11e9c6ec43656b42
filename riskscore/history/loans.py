"""Sharing agreements over files: which rows see whose, as ``borrowing`` says it for the service."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from riskscore.history.agreements import Agreement
from riskscore.history.columns import NEVER, Flags, Integers
from riskscore.history.looks import Look
from riskscore.history.windows import ALWAYS, NONE
from riskscore.product.spec import History


class Loan(NamedTuple):
    """An agreement by the numbers of its tenants; NONE gives where no file has the tenant."""

    gives: int
    gets: int
    begins: int
    ends: int


def lent(
    look: Look, agreements: Sequence[Agreement], tenants: Mapping[str, int]
) -> Iterator[tuple[Look, tuple[Loan, ...]]]:
    """Split a look by the loans that its columns may see."""
    columns: dict[tuple[Loan, ...], list[History]] = {}
    for each in look.columns:
        columns.setdefault(tuple(_loans(each, agreements, tenants)), []).append(each)
    for loans, some in columns.items():
        yield look._replace(columns=tuple(some)), loans


def _loans(
    column: History, agreements: Iterable[Agreement], tenants: Mapping[str, int]
) -> Iterator[Loan]:
    for each in agreements:
        if each.covers(column) and each.gets in tenants:
            gives = tenants.get(each.gives, NONE)
            yield Loan(gives, tenants[each.gets], each.begins, each.ends)


def known_with_loans(
    rows: pa.Table, own: Integers, loans: Sequence[Loan], theirs: Callable[[int], Integers]
) -> Integers:
    """Say since when everything that each row sees was watched, other tenants' part included.

    A tenant that has nothing of the product itself sees the others' part alone.

    Args:
        rows: ``tenant`` and ``received``.
        own: Since when the rows' own tenants were watched, NEVER where they were not.
        loans: What they may see beside.
        theirs: Tells the same of another tenant, at the time of each row.
    """
    lent, live = np.full(rows.num_rows, ALWAYS), np.zeros(rows.num_rows, np.bool_)
    for loan in loans:
        seen = _during(rows, loan)
        live |= seen
        lent[seen] = np.maximum(lent, np.maximum(theirs(loan.gives), loan.begins))[seen]
    alone = live & (own == NEVER)
    return np.where(alone, lent, np.maximum(own, lent))


def withheld(rows: pa.Table, loans: Sequence[Loan]) -> Flags:
    """Tell which rows saw somebody's history under an agreement that is over by now."""
    barred = np.zeros(rows.num_rows, np.bool_)
    for giver in {each.gives for each in loans}:
        theirs = [each for each in loans if each.gives == giver]
        over = np.any([_after(rows, each) for each in theirs], axis=0)
        live = np.any([_during(rows, each) for each in theirs], axis=0)
        barred |= over & ~live
    return barred


def _during(rows: pa.Table, loan: Loan) -> Flags:
    received = rows["received"].to_numpy()
    during: Flags = _gets(rows, loan) & (received >= loan.begins) & (received < loan.ends)
    return during


def _after(rows: pa.Table, loan: Loan) -> Flags:
    after: Flags = _gets(rows, loan) & (rows["received"].to_numpy() >= loan.ends)
    return after


def _gets(rows: pa.Table, loan: Loan) -> Flags:
    gets: Flags = rows["tenant"].to_numpy() == loan.gets
    return gets
