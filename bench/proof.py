"""Whether a contender of ours does what its name says: a figure is worth nothing otherwise."""

import json
import secrets
from itertools import islice
from pathlib import Path
from typing import Any

from bench.bodies import REFERENCE
from bench.servers import NotServed, ask

ASKED = 30
WITH_REASONS = {"ours", "shipped", "shipped-dev"}
STORED = WITH_REASONS | {"without-reasons"}


def first_body(bodies: Path) -> bytes:
    with bodies.open() as file:
        return named(next(file))


def named(line: str) -> bytes:
    return line.strip().replace(REFERENCE, f"proof-{secrets.token_hex(8)}", 1).encode()


def prove(name: str, url: str, bodies: Path) -> None:
    """Ask a few times and look at the answers.

    Raises:
        NotServed: A decision is not stored, or has no reasons, or has some where it should not.
    """
    if name not in STORED:
        return
    with bodies.open() as file:
        answers = [json.loads(ask(url, named(line))) for line in islice(file, ASKED)]
    reasons = sum(len(each["reasons"]) for each in answers)
    if bool(reasons) is not (name in WITH_REASONS):
        raise NotServed(f"{reasons} reasons in {ASKED} answers")
    if not all(kept(each) for each in answers):
        raise NotServed("a decision was not stored")


def kept(answer: dict[str, Any]) -> bool:
    return "decision_id" in answer
