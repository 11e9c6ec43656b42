"""What the prospect's own side says of each application: points, 0 where it raises no alert."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from riskscore.product.form import FLOAT32
from riskscore.product.parsing import parse_input, parse_quantity
from riskscore.product.refusals import Refusals
from riskscore.product.spec import Flag, Number
from riskscore.product.tables import column_names, read_batches
from riskscore.product.values import Values
from training.backtest.rules import Column, Met, Rules
from training.datasets import Dataset, Source
from training.errors import ColumnsMissing, RulesInvalid
from training.groups import values_of
from training.history import past_of


class Theirs(NamedTuple):
    """Alerts of the rules in use.

    Attributes:
        points: Shape (n_rows,), 0 where nobody is alerted; equal points are of equal rank.
        single: Which rows each rule hits, by its name; empty where only a column is known.
    """

    points: Values
    single: Mapping[str, Met]


def by_rules(rows: Dataset, rules: Rules, source: Source) -> Theirs:
    """Ask the rules of every row.

    Raises:
        ColumnsMissing: A rule asks for a column that the events do not have.
        DataError, StartupError: The history that a rule asks for cannot be computed.
    """
    column = partial(_column, rows, _counted(rows, rules, source))
    single = {each.name: each.met(column) for each in rules.rules}
    points = rules.points(column)
    return Theirs(np.where(points >= rules.alert_from, points, 0.0), single)


def by_column(rows: Dataset, name: str) -> Theirs:
    """Take the prospect's own alerts: a flag, or points from 0; missing is no alert.

    Raises:
        ColumnsMissing, DataInvalid: It is not there, or holds something else.
    """
    if name not in column_names(rows.file):
        raise ColumnsMissing(f"{rows.file}: no column {name!r} to take alerts from")
    cells = _cells(rows, name)
    feature = _alerts(name, flag=pa.types.is_boolean(cells.type))
    parsed = parse_input(feature, cells, text=False)
    refusals = Refusals(rows.file)
    refusals.add(name, "a flag, or points from 0", parsed.refused, before=0)
    refusals.check()
    return Theirs(np.nan_to_num(parsed.values[rows.rows]), {})


def _alerts(name: str, *, flag: bool) -> Flag | Number:
    if flag:
        return Flag(name=name, code="", reason={}, missing=True)
    return Number(name=name, code="", reason={}, missing=True, low=0.0, high=FLOAT32)


def check_alerts(theirs: Theirs, rows: Dataset) -> None:
    """Refuse rules that say nothing here.

    Raises:
        RulesInvalid: Nobody is alerted, or everybody.
    """
    hits = int((theirs.points > 0).sum())
    if hits in {0, len(rows)}:
        which = "none" if not hits else "every one"
        raise RulesInvalid(
            f"{rows.file}: the rules alert {which} of the {len(rows):,} applications judged: "
            "expected some"
        )


def _counted(rows: Dataset, rules: Rules, source: Source) -> Mapping[str, Values]:
    """Compute the counts that only the rules have, of every row of the file."""
    if not rules.history:
        return {}
    asking = replace(rules.product, history=rules.history)
    return past_of(asking, rows.file, replace(source, scores_from=())).values


def _column(rows: Dataset, counted: Mapping[str, Values], name: str) -> Column:
    names = [each.name for each in rows.product.columns]
    if name in names:
        return rows.matrix[:, names.index(name)]
    if name in counted:
        return counted[name][rows.rows].astype(np.float32)
    if name not in column_names(rows.file):
        raise ColumnsMissing(f"{rows.file}: no column {name!r}, which a rule asks for")
    inputs = {each.name: each for each in rows.product.inputs}
    if name in inputs:
        return values_of(rows, inputs[name]).astype(np.float32)
    parsed = parse_quantity(_cells(rows, name), text=False)
    return parsed.values[rows.rows].astype(np.float32)


def _cells(rows: Dataset, name: str) -> pa.Array:
    parts = [each[name] for each in read_batches(rows.file, only=[name])]
    return pa.chunked_array(parts).combine_chunks()
