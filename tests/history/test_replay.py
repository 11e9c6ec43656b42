"""The replay gives what the design says, held against an oracle that is slow and plain."""

import math
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings

from riskscore.history.replay import Replay, replay
from riskscore.product.past import Past
from riskscore.product.spec import Product
from tests.history.files import write_events
from tests.history.oracle import Answer, answers
from tests.history.streams import START, Stream, streams


def told(past: Past, row: int) -> dict[str, Answer]:
    return {
        name: Answer(value=float(values[row]), gap=past.gaps[name][row])
        for name, values in past.values.items()
    }


def agree(one: Answer, other: Answer) -> bool:
    same = one.value == other.value or (math.isnan(one.value) and math.isnan(other.value))
    return same and one.gap == other.gap


def differences(
    product: Product, looked_at: Product, stream: Stream, *, known_since: int | None = None
) -> list[str]:
    if not any(each.product == product.name for each in stream.applications):
        return []
    with TemporaryDirectory() as folder:
        events = write_events(Path(folder), stream.applications, stream.outcomes)
        asked = Replay(
            product=product,
            events=events,
            looked_at={looked_at.name: looked_at},
            known_since=known_since,
        )
        past = replay(asked)
    return [
        f"row {row}: {name}: {found} for {right[name]}"
        for row, right in enumerate(answers(product, *stream, known_since=known_since))
        for name, found in told(past, row).items()
        if not agree(found, right[name])
    ]


@settings(max_examples=40, deadline=None)
@given(stream=streams())
def test_replay_agrees_with_the_oracle(parcel: Product, visit: Product, stream: Stream) -> None:
    assert differences(parcel, visit, stream) == []


@settings(max_examples=10, deadline=None)
@given(stream=streams())
def test_replay_agrees_where_it_was_declared_since_when_we_watched(
    parcel: Product, visit: Product, stream: Stream
) -> None:
    assert differences(visit, parcel, stream, known_since=START) == []
