"""Random streams of applications and outcomes, small enough to meet often."""

from dataclasses import replace
from typing import NamedTuple

from hypothesis import strategies as st

from tests.history.oracle import Application, Outcome

MINUTE = 60_000_000
START = 1_760_000_000_000_000  # some day in 2025
DAY = 24 * 60 * MINUTE

TENANTS = st.sampled_from(["default", "default", "other"])
PRODUCTS = st.sampled_from(["parcel", "parcel", "visit", "note"])
REFERENCES = st.sampled_from([f"r{number}" for number in range(14)])
PURPOSES = st.sampled_from(["onboard"] * 5 + ["backfill", "rescreen", "test"])
STATUSES = st.sampled_from(["confirmed", "confirmed", "cleared", "disputed", "retracted"])
MOMENTS = st.integers(0, 24).map(lambda step: START + step * 7 * MINUTE)
LATER = st.one_of(st.none(), st.none(), st.integers(0, 30).map(lambda step: step * 7 * MINUTE))


class Stream(NamedTuple):
    """What came in, in the order of the files' rows."""

    applications: list[Application]
    outcomes: list[Outcome]


@st.composite
def applications(draw: st.DrawFn) -> Application:
    product, occurred, late = draw(PRODUCTS), draw(MOMENTS), draw(LATER)
    entities = {
        "sender": draw(st.sampled_from(["S1", "S2", None])),
        "phone": draw(st.sampled_from(["+66812345678", "+66812345679", None])),
        "depot": draw(st.sampled_from(["D1", "D1", "D2", None])),
        "agent": draw(st.sampled_from(["A1", "A2", None])),
    }
    since = draw(st.one_of(st.none(), st.none(), MOMENTS))
    features = {
        "weight": draw(st.sampled_from([1.0, 2.5, None])),
        "express": draw(st.sampled_from([True, False, None])),
        "size": draw(st.sampled_from(["small", "large", None])),
        "urgency": draw(st.integers(0, 3)),
    }
    held = {name: each for name, each in entities.items() if each is not None}
    return Application(
        product=product,
        reference=draw(REFERENCES),
        occurred=occurred,
        received=None if late is None else occurred + late,
        tenant=draw(TENANTS),
        purpose=draw(PURPOSES),
        entities=held,
        since={} if since is None or "phone" not in held else {"phone": since},
        features=features,
        score=draw(st.sampled_from([None, 120.0, 640.0])),
    )


@st.composite
def outcomes(draw: st.DrawFn, came: list[Application]) -> Outcome:
    """Find something out about an application, often at the very moment when another came."""
    about, other = draw(st.sampled_from(came)), draw(st.sampled_from(came))
    known = draw(st.sampled_from([other.occurred, other.receipt, about.occurred + 7 * MINUTE]))
    received = draw(st.sampled_from([None, None, other.receipt, known + 70 * MINUTE]))
    return Outcome(
        product=about.product,
        reference=about.reference,
        status=draw(STATUSES),
        known=known,
        received=received,
        tenant=about.tenant,
    )


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    first = replace(draw(applications()), occurred=START - 2 * DAY, received=None)
    came = draw(st.lists(applications(), min_size=25, max_size=60))
    opening = [
        replace(first, product=product, tenant=tenant, purpose="onboard", reference="first")
        for product in draw(st.sets(st.sampled_from(["parcel", "visit", "note"])))
        for tenant in draw(st.sets(st.sampled_from(["default", "other"])))
    ]
    return Stream(opening + came, draw(st.lists(outcomes(came), min_size=5, max_size=30)))
