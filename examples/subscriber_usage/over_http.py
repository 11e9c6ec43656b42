"""Score the rows of a csv file over HTTP, in batches, as a system of yours would.

    python over_http.py held_out.csv --out over_http.csv

Uses nothing but Python's own library.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

URL = "http://127.0.0.1:8000"
PATH = "/v1/subscriber-usage/scores/batch"
BATCH = 500  # applications; a request may hold 1,000, and 2 MiB
ENTITY = "phone_no_m"
NOT_FEATURES = {ENTITY, "label"}
MOMENT = "2020-04-01T00:00:00+08:00"  # the end of the observed months


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--url", default=URL)
    asked = options.parse_args()
    with asked.file.open(newline="") as rows, asked.out.open("w", newline="") as out:
        answers = csv.writer(out)
        answers.writerow(["row", "probability", "score"])
        for answer in scored(csv.DictReader(rows), asked.url):
            answers.writerow([answer["reference"], answer["probability"], answer["score"]])


def scored(rows: Iterator[dict[str, str]], url: str) -> Iterator[dict[str, Any]]:
    """Send rows batch by batch and yield the answer to each."""
    batch: list[dict[str, Any]] = []
    for number, row in enumerate(rows, start=1):
        batch.append(application(row, number))
        if len(batch) == BATCH:
            yield from post(batch, url)
            batch = []
    if batch:
        yield from post(batch, url)


def application(row: dict[str, str], number: int) -> dict[str, Any]:
    """Put a row into a request's words; an empty cell is not known and left out."""
    known = {name: cell for name, cell in row.items() if cell and name not in NOT_FEATURES}
    return {
        "reference": str(number),
        "occurred_at": MOMENT,
        "purpose": "test",
        "entities": {ENTITY: row[ENTITY]},
        "features": {name: float(cell) for name, cell in known.items()},
    }


def post(batch: list[dict[str, Any]], url: str) -> list[dict[str, Any]]:
    body = json.dumps({"applications": batch}).encode()
    request = Request(url + PATH, body, {"Content-Type": "application/json"})  # noqa: S310 - http
    with urlopen(request, timeout=60) as response:  # noqa: S310 - the caller's own service
        results: list[dict[str, Any]] = json.load(response)["results"]
    return results


if __name__ == "__main__":
    main()
