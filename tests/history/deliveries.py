"""A stream with a known effect: busy senders are frauds, and so are those of bad visits' phones."""

import numpy as np

from tests.history.oracle import Application, Outcome
from tests.history.streams import DAY, START, Stream


def deliveries(*, first_day: int = 0, days: int = 20, seed: int = 7) -> Stream:
    """Make up parcels and visits; a few senders send a third of all, and most of it is bad."""
    rng = np.random.default_rng(seed + first_day)
    came: list[Application] = []
    found: list[Outcome] = []
    for number in range(days * 50):
        busy = bool(rng.random() < 0.3)
        person = int(rng.integers(0, 6)) if busy else int(rng.integers(6, 600))
        at = START + first_day * DAY + int(rng.integers(0, days * DAY))
        product = "parcel" if rng.random() < 0.6 else "visit"
        reference = f"{first_day}-{number}"
        came.append(application(product, reference, at, person, rng))
        if busy and rng.random() < 0.8:
            known = at + DAY // 12
            found.append(
                Outcome(product=product, reference=reference, status="confirmed", known=known)
            )
    return Stream(came, found)


def application(
    product: str, reference: str, at: int, person: int, rng: np.random.Generator
) -> Application:
    return Application(
        product=product,
        reference=reference,
        occurred=at,
        entities={
            "sender": f"S{person}",
            "phone": f"+668123{person:05}",
            "depot": f"D{person % 5}",
            "agent": f"A{person % 7}",
        },
        features={
            "weight": round(float(rng.uniform(0, 10)), 3),
            "express": bool(rng.random() < 0.5),
            "size": str(rng.choice(["small", "large"])),
            "urgency": int(rng.integers(0, 4)),
        },
    )
