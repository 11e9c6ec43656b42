"""History columns of an event folder that its files do not have yet."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from riskscore.history.agreements import read_agreements
from riskscore.history.folder import events_of
from riskscore.history.replay import Replay, replay
from riskscore.model.bundle import Bundle
from riskscore.product.declared import looked_at
from riskscore.product.spec import Product
from riskscore.product.tables import column_names
from riskscore.product.values import Values
from training.datasets import Source, Upstream
from training.judge import answers
from training.matrix import read_table
from training.notices import notice
from training.progress import counting
from training.receipts import read_times
from training.upstream import (
    Bundles,
    check_frozen,
    load_upstreams,
    pin,
    reach,
    scores_wanted,
)

TIME = "occurred_at"


class PastOf(NamedTuple):
    """History columns by name, each of every row of the file, and whose scores are in them."""

    values: Mapping[str, Values]
    upstreams: tuple[Upstream, ...]


def past_of(product: Product, path: Path, source: Source) -> PastOf:
    """Compute the history columns that a product's event file lacks.

    Raises:
        DataUnreadable, DataInvalid: A file is no table or breaks the declaration.
        ProductInvalid: A column looks at something that nobody declares.
        OptionInvalid, UpstreamOverlaps: An upstream bundle cannot be used.
    """
    bundles = load_upstreams(product, source.scores_from)
    values = _computed(product, path, source, bundles)
    return PastOf(values, tuple(pin(each) for each in bundles.values()))


def _computed(
    product: Product, path: Path, source: Source, bundles: Bundles
) -> Mapping[str, Values]:
    names = column_names(path)
    absent = tuple(each for each in product.history if each.name not in names)
    if not absent:
        return {}
    lacking = replace(product, history=absent)
    wanted = scores_wanted(lacking)
    scores = {of: _scores(bundles[of], lacking, source, bundles) for of in wanted & set(bundles)}
    for of in sorted(wanted - set(bundles)):
        _tell_scoreless(events_of(of, source.path))
    with counting("Replaying history") as advance:
        return replay(
            Replay(
                product=lacking,
                events=source.path,
                looked_at=looked_at(product, source.declarations),
                known_since=source.known_since,
                scores=scores,
                agreements=read_agreements(source.agreements) if source.agreements else (),
                advance=advance,
            )
        ).values


def _scores(bundle: Bundle, product: Product, source: Source, bundles: Bundles) -> Values:
    """Score the applications that are looked at, as an upstream bundle would have; others are NaN.

    The bundle's own history is computed in the same way, from the same folder.
    """
    path = events_of(bundle.product.name, source.path)
    others = {name: each for name, each in bundles.items() if each is not bundle}
    begin = reach(product, bundle.product.name, source.first)
    past = _computed(bundle.product, path, replace(source, first=begin), others)
    table = read_table(bundle.product, path, beside=[TIME], past=past)
    times = read_times(table.others[TIME], path, TIME)
    asked = np.ones(len(times), bool) if begin is None else times >= begin
    check_frozen(bundle, times, asked)
    return np.where(asked, answers(bundle, table.matrix).scores, np.nan)


def _tell_scoreless(path: Path) -> None:
    if path.exists() and "score" not in column_names(path):
        notice(
            f"{path}: no column 'score', so what looks at it is not known; "
            "name an earlier bundle with --scores-from"
        )
