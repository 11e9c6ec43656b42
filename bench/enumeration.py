"""How fast the phone numbers of a country are enumerated by whoever holds a key.

    python -m bench.enumeration [--numbers 3000000] [--processes 2]

A store's pseudonyms of some numbers, drawn at random, are looked for by trying every number of a
range, with our own code on a plain processor. The range is a part of Thailand's mobile numbers
(06, 08 and 09 with eight more digits: 300 million); the time for all of them is scaled from it.
The same is tried with the key that was replaced by a rotation, as a thief of an old file would.
"""

import argparse
import os
import random
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from riskscore.keyring import new_key, next_key
from riskscore.privacy import PseudonymKey
from riskscore.product.application import TENANT

COUNTRY = 300_000_000  # numbers: three prefixes with eight digits each
FIRST = 66_600_000_000
PLANTED = 1_000  # numbers that the store knows
TOGETHER = 1_000  # sealed in one call


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--numbers", type=int, default=3_000_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(arguments)
    old = new_key(TENANT)
    key = next_key(old)
    planted = random.Random(7).sample(range(asked.numbers), PLANTED)  # noqa: S311 - no secret
    stored = {key.pseudonym("msisdn", number(place)) for place in planted}
    for words, held in (("with the key", key), ("with the key before it", old)):
        started = time.perf_counter()
        found = enumerated(held, stored, asked.numbers, asked.processes)
        seconds = time.perf_counter() - started
        print(
            f"{words}: {found} of {PLANTED} found among {asked.numbers:,} numbers, "
            f"{asked.numbers / seconds:,.0f} a second by {asked.processes} processes; "
            f"a country of {COUNTRY:,} in {COUNTRY / asked.numbers * seconds / 60:.1f} minutes"
        )


def number(place: int) -> str:
    return f"+{FIRST + place}"


def enumerated(key: PseudonymKey, stored: set[bytes], numbers: int, processes: int) -> int:
    """Try every number; returns how many of the stored pseudonyms are found."""
    step = -(-numbers // processes)
    parts = [range(start, min(numbers, start + step)) for start in range(0, numbers, step)]
    secrets = (key.owner, key.version, key.secret, key.seal)
    with ProcessPoolExecutor(processes) as workers:
        return sum(workers.map(partial(tried, secrets, stored), parts))


def tried(secrets: tuple[str, int, bytes, bytes | None], stored: set[bytes], places: range) -> int:
    key = PseudonymKey(*secrets)
    found = 0
    for start in range(places.start, places.stop, TOGETHER):
        some = range(start, min(places.stop, start + TOGETHER))
        sealed = key.sealed(key.digest("msisdn", number(place)) for place in some)
        found += len(stored.intersection(sealed))
    return found


if __name__ == "__main__":
    main()
