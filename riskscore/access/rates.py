"""How often a caller may ask: a bucket for each, in memory that all workers of a host share.

A bucket is one moment: the one up to which the requests so far have used up their share. Requests
may come ahead of it by a second's worth. Two workers that write at the same instant may let one
request too many through.
"""

import mmap
import struct
import time
from zlib import crc32

from riskscore.access.caller import Caller
from riskscore.errors import RateExceeded

BUCKETS = 4_096  # of two callers that share one, each has less
BURST = 1.0  # seconds' worth of requests that may come at once
MOMENT = struct.Struct("d")
shared = mmap.mmap(-1, BUCKETS * MOMENT.size)  # made before the workers are forked


def check(caller: Caller) -> None:
    """Take a request out of the caller's bucket.

    Raises:
        RateExceeded: It is empty.
    """
    if caller.rate is None:
        return
    place = crc32(f"{caller.tenant} {caller.name}".encode()) % BUCKETS * MOMENT.size
    at = time.monotonic()  # the same clock in all processes of a host
    [used] = MOMENT.unpack_from(shared, place)
    used = max(used, at - BURST) + 1 / caller.rate
    if used > at:
        raise RateExceeded(
            f"more than {caller.rate} requests a second", seconds=max(1, round(used - at))
        )
    MOMENT.pack_into(shared, place, used)
