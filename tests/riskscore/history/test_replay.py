"""The replay gives what the design says, held against an oracle that is slow and plain."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.errors import DataInvalid, ProductInvalid
from riskscore.history.replay import Replay, replay
from riskscore.product.past import Past
from riskscore.product.spec import Product
from tests.history.files import write_events
from tests.history.oracle import Answer, Application, Outcome, Sharing, answers
from tests.history.products import PARCEL, VISIT
from tests.history.sharing import EVER, HOUR, agreed, dense, sharings
from tests.history.streams import DAY, MINUTE, START, Stream, applications, streams

LOOKED_AT = {"parcel": PARCEL, "visit": VISIT}


def replayed(  # noqa: PLR0913 - everything that matters
    product: Product,
    came: Sequence[Application],
    found: Sequence[Outcome] = (),
    *,
    known_since: int | None = None,
    asking: Sequence[Application] = (),
    sharings: Sequence[Sharing] = (),
) -> Past:
    with TemporaryDirectory() as folder:
        events = write_events(Path(folder) / "events", came, found)
        write_events(Path(folder) / "asking", asking)
        asked = Replay(
            product=product,
            events=events,
            looked_at=LOOKED_AT,
            asking=Path(folder) / "asking" / f"{product.name}.parquet" if asking else None,
            known_since=known_since,
            agreements=[agreed(each) for each in sharings],
        )
        return replay(asked)


def told(past: Past, row: int) -> dict[str, Answer]:
    return {
        name: Answer(value=float(values[row]), gap=past.gaps[name][row])
        for name, values in past.values.items()
    }


def same(one: Answer, other: Answer) -> bool:
    equal = one.value == other.value or (math.isnan(one.value) and math.isnan(other.value))
    return equal and one.gap == other.gap


def differences(past: Past, right: Sequence[dict[str, Answer]]) -> list[str]:
    return [
        f"row {row}: {name}: {found} for {each[name]}"
        for row, each in enumerate(right)
        for name, found in told(past, row).items()
        if not same(found, each[name])
    ]


def with_a(product: Product, stream: Stream) -> bool:
    return any(each.product == product.name for each in stream.applications)


@settings(max_examples=40, deadline=None)
@given(stream=streams().filter(lambda stream: with_a(PARCEL, stream)))
def test_it_agrees_with_the_oracle(stream: Stream) -> None:
    past = replayed(PARCEL, *stream)

    assert differences(past, answers(PARCEL, *stream)) == []


@settings(max_examples=10, deadline=None)
@given(stream=streams().filter(lambda stream: with_a(VISIT, stream)))
def test_it_agrees_where_somebody_declared_since_when_all_was_watched(stream: Stream) -> None:
    past = replayed(VISIT, *stream, known_since=START)

    assert differences(past, answers(VISIT, *stream, known_since=START)) == []


@settings(max_examples=10, deadline=None)
@given(stream=streams(), asking=st.lists(applications(), min_size=1, max_size=5))
def test_rows_of_another_file_see_the_events_and_not_each_other(
    stream: Stream, asking: list[Application]
) -> None:
    asking = [replace(each, product="parcel", purpose="test") for each in asking]
    right = [answers(PARCEL, [*stream.applications, each], stream.outcomes)[-1] for each in asking]

    past = replayed(PARCEL, *stream, asking=asking)

    assert differences(past, right) == []


@settings(max_examples=15, deadline=None)
@given(stream=streams().filter(lambda stream: with_a(PARCEL, stream)), steps=st.integers(5, 35))
def test_what_is_moved_into_the_future_changes_nothing_before_it(
    stream: Stream, steps: int
) -> None:
    moment = START + steps * 7 * MINUTE
    early = [each for each in stream.applications if each.receipt <= moment]
    late = [later(each) for each in stream.applications if each.receipt > moment]
    found = [
        each if each.receipt <= moment and each.known <= moment else known_later(each)
        for each in stream.outcomes
    ]

    before = replayed(PARCEL, *stream)
    after = replayed(PARCEL, [*early, *late], found)

    rows = [each for each in stream.applications if each.product == "parcel"]
    moved = [each for each in [*early, *late] if each.product == "parcel"]
    for row, each in enumerate(rows):
        if each.receipt <= moment and each.occurred <= moment:
            there = next(place for place, other in enumerate(moved) if other is each)
            assert all(
                same(value, told(after, there)[name]) for name, value in told(before, row).items()
            )


def later(application: Application) -> Application:
    return replace(
        application,
        occurred=application.occurred + 30 * DAY,
        received=application.receipt + 30 * DAY,
        features={**application.features, "weight": 999.0},
    )


def known_later(outcome: Outcome) -> Outcome:
    return replace(outcome, known=outcome.known + 30 * DAY, received=outcome.receipt + 30 * DAY)


def parcel(minute: int, **more: object) -> Application:
    plain = Application(
        product="parcel",
        reference=f"p{minute}",
        occurred=START + minute * MINUTE,
        entities={"sender": "S1", "depot": "D1"},
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def test_ten_of_one_moment_each_see_those_that_came_before() -> None:
    at_once = [parcel(0, reference=f"p{number}") for number in range(10)]

    past = replayed(PARCEL, at_once, known_since=START - DAY)

    assert past.values["parcels_by_sender_1h"].tolist() == list(range(10))


@pytest.mark.parametrize(
    ("known", "received", "seen"),
    [(60, 59, 1), (61, 59, 0), (59, 60, 0), (60, 60, 0)],
    ids=["known just now", "known later", "received with the application", "both at once"],
)
def test_an_outcome_is_seen_once_known_and_received_before(
    known: int, received: int, seen: int
) -> None:
    outcome = Outcome(
        product="parcel",
        reference="p0",
        status="confirmed",
        known=START + known * MINUTE,
        received=START + received * MINUTE,
    )

    past = replayed(PARCEL, [parcel(0), parcel(60)], [outcome], known_since=START - DAY)

    assert past.values["confirmed_by_sender_1d"].tolist() == [0, seen]


def test_of_several_outcomes_the_latest_known_stands() -> None:
    found = [
        Outcome(product="parcel", reference="p0", status=status, known=START + known * MINUTE)
        for status, known in [("confirmed", 5), ("retracted", 20), ("confirmed", 10)]
    ]
    rows = [parcel(0), parcel(7), parcel(15), parcel(30)]

    past = replayed(PARCEL, rows, found, known_since=START - DAY)

    assert past.values["confirmed_by_sender_1d"].tolist() == [0, 1, 1, 0]


def test_a_number_that_starts_afresh_is_not_blamed_for_its_last_holder() -> None:
    phone = {"phone": "+66812345678"}
    first = parcel(0, entities=phone, features={"size": "large"})
    second = parcel(60, entities=phone, since={"phone": START + 30 * MINUTE})

    past = replayed(PARCEL, [first, second], known_since=START - DAY)

    assert past.values["large_by_phone_3h"].tolist() == [0, 0]


def test_spellings_of_one_identifier_meet() -> None:
    rows = [parcel(0, entities={"sender": "s-1 "}), parcel(1, entities={"sender": "S1"})]

    past = replayed(PARCEL, rows, known_since=START - DAY)

    assert past.values["parcels_by_sender_1h"].tolist() == [0, 1]


def test_nothing_of_the_other_sector_is_unknown_and_not_zero() -> None:
    rows = [parcel(0, entities={"phone": "+66812345678"})]

    past = replayed(PARCEL, rows)

    assert math.isnan(past.values["visits_by_phone_2h"][0])
    assert past.gaps["visits_by_phone_2h"][0] == "HISTORY_SHORT"


def test_a_bad_identifier_is_refused_with_its_column_and_first_row() -> None:
    rows = [parcel(0), parcel(1, entities={"phone": "12"}), parcel(2, entities={"phone": "13"})]

    with pytest.raises(DataInvalid, match=r"phone: expected .*e164.*; 2 rows.* row 2"):
        replayed(PARCEL, rows)


def test_an_unknown_status_is_refused() -> None:
    found = [Outcome(product="parcel", reference="p0", status="guessed", known=START)]

    with pytest.raises(DataInvalid, match=r"status: expected one of confirmed"):
        replayed(PARCEL, [parcel(0)], found)


def test_a_table_without_times_has_no_history(tmp_path: Path) -> None:
    events = write_events(tmp_path, [parcel(0)])
    table = pq.read_table(events / "parcel.parquet").drop_columns("occurred_at")
    pq.write_table(table, events / "parcel.parquet")

    with pytest.raises(DataInvalid, match="no column 'occurred_at'"):
        replay(Replay(product=PARCEL, events=events, looked_at=LOOKED_AT))


def test_what_is_looked_at_must_be_declared(tmp_path: Path) -> None:
    events = write_events(tmp_path, [parcel(0)])

    with pytest.raises(ProductInvalid, match=r"agents_by_phone_1d: of: 'visit' is not declared"):
        replay(Replay(product=PARCEL, events=events))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("product", [PARCEL, VISIT], ids=["parcel", "visit"])
@pytest.mark.parametrize(
    "periods",
    [
        [EVER],
        [(START, START + 5 * HOUR)],
        [(START + HOUR, START + 3 * HOUR), (START + 5 * HOUR, START + 99 * HOUR)],
    ],
    ids=["always", "for a while", "twice"],
)
@pytest.mark.parametrize("known_since", [None, START - 30 * HOUR], ids=["found", "declared"])
def test_what_an_agreement_lets_through_is_seen_while_it_is_in_force(
    product: Product, periods: list[tuple[int, int]], known_since: int | None, seed: int
) -> None:
    stream, shared = dense(seed), sharings(*periods)

    past = replayed(product, *stream, known_since=known_since, sharings=shared)

    right = answers(product, *stream, known_since=known_since, sharings=shared)
    assert differences(past, right) == []


@pytest.mark.parametrize("seed", range(2))
def test_a_tenant_without_visits_of_its_own_sees_those_of_others_alone(seed: int) -> None:
    came, found = dense(seed)
    others = [each for each in came if (each.tenant, each.product) != ("default", "visit")]
    shared = sharings((START + HOUR, START + 99 * HOUR))

    past = replayed(PARCEL, others, found, sharings=shared)

    right = answers(PARCEL, others, found, sharings=shared)
    assert differences(past, right) == []
    assert not all(each["visits_by_phone_2h"].gap for each in right)
