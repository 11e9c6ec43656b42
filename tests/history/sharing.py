"""Streams of two tenants that meet often, and agreements between them."""

from datetime import timedelta
from random import Random

from riskscore.history.agreements import Agreement
from tests.history.oracle import Application, Outcome, Sharing
from tests.history.streams import MINUTE, START, Stream

HOUR = 60 * MINUTE
STEP = 3 * MINUTE
STEPS = 220
EVER = (START - 999 * HOUR, START + 9_999 * HOUR)
TENANTS = ("default", "default", "other", "third")
WINDOWS = {"1h": 1, "2h": 2, "3h": 3, "1d": 24}


def dense(seed: int, *, received: int | None = None) -> Stream:
    """Make up a stream in which every window holds much.

    Args:
        seed: Of everything that is drawn.
        received: When the first application is received, a microsecond before the next; None for
            receipt at each one's own time.
    """
    chance = Random(seed)  # noqa: S311 - no secret
    came: list[Application] = []
    found: list[Outcome] = []
    for step in range(STEPS):
        at = START + step * STEP + chance.randint(-20, 0) * MINUTE
        moment = None if received is None else received + step
        if chance.random() < 0.25:
            found.append(outcome(chance, at, moment))
        else:
            came.append(application(chance, at, moment))
    return Stream(came, found)


def application(chance: Random, at: int, received: int | None) -> Application:
    return Application(
        product=chance.choice(["parcel", "parcel", "visit", "note"]),
        reference=f"r{chance.randrange(50)}",
        occurred=at,
        received=received,
        tenant=chance.choice(TENANTS),
        entities={
            "sender": chance.choice(["S1", "S2"]),
            "phone": chance.choice(["+66812345678", "+66812345679"]),
            "depot": chance.choice(["D1", "D2"]),
            "agent": chance.choice(["A1", "A2", "A3"]),
        },
        features={
            "weight": chance.choice([1.0, 2.5]),
            "express": chance.random() < 0.5,
            "size": chance.choice(["small", "large"]),
            "urgency": chance.randint(1, 2),
        },
        score=float(chance.choice([120, 640])),
    )


def outcome(chance: Random, at: int, received: int | None) -> Outcome:
    return Outcome(
        product=chance.choice(["parcel", "visit"]),
        reference=f"r{chance.randrange(50)}",
        status=chance.choice(["confirmed", "confirmed", "cleared", "retracted"]),
        known=at,
        received=received,
        tenant=chance.choice(TENANTS),
    )


def sharings(*periods: tuple[int, int]) -> list[Sharing]:
    """Let the others give the first tenant some of what they have, in each period."""
    return [
        sharing
        for place, period in enumerate(periods)
        for sharing in (
            _sharing(f"parcels_{place}", "other", "parcel", ["1h", "3h", "1d"], period),
            _sharing(f"visits_{place}", "other", "visit", ["1d"], period),
            _sharing(f"third_{place}", "third", "parcel", ["2h", "1d"], period),
        )
    ]


def _sharing(
    name: str, gives: str, product: str, windows: list[str], period: tuple[int, int]
) -> Sharing:
    measures = ["count", "latest", "share", "confirmed", "confirmed_rate", "seconds_since_latest"]
    return Sharing(
        name=name,
        gives=gives,
        gets="default",
        product=product,
        measures=frozenset([*measures, "distinct"] if gives == "third" else measures),
        windows=frozenset(timedelta(hours=WINDOWS[each]) for each in windows),
        begins=period[0],
        ends=period[1],
    )


def agreed(sharing: Sharing) -> Agreement:
    """Write a sharing down as an agreement."""
    return Agreement(
        name=sharing.name,
        gives=sharing.gives,
        gets=sharing.gets,
        product=sharing.product,
        measures=sharing.measures,  # type: ignore[arg-type]  # words of the design
        windows=sharing.windows,
        purpose="test",
        legal_basis="test",
        begins=sharing.begins,
        ends=sharing.ends,
    )
