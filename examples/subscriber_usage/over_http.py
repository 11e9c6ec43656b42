"""Score the rows of a csv file over HTTP, in batches, as a system of yours would.

    python over_http.py held_out.csv --out over_http.csv
    python over_http.py rows.csv --out scored.csv --product my_product

Works for any product: what each column is, the service says itself. Columns that it does not
declare are left out, and an empty cell is not sent. Uses nothing but Python's own library.
"""

import argparse
import csv
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

URL = "http://127.0.0.1:8000"
PRODUCT = "subscriber_usage"
BATCH = 500  # applications; a request may hold 1,000, and 2 MiB
FLAGS = {"true": True, "1": True, "false": False, "0": False}


def flag(cell: str) -> bool | str:
    return FLAGS.get(cell.lower(), cell)


def number(cell: str) -> float | str:
    """Read a number; what is none is sent as it stands, for the service to refuse."""
    try:
        read = int(cell) if cell.lstrip("-").isdecimal() else float(cell)
    except ValueError:
        return cell
    return read if math.isfinite(read) else cell  # NaN is no JSON


READERS: Mapping[str, Callable[[str], Any]] = {
    "number": number,
    "integer": number,
    "flag": flag,
    "category": str,
}


class Columns(NamedTuple):
    """What a product declares: how to read each feature, and its entities' names."""

    features: Mapping[str, Callable[[str], Any]]
    entities: frozenset[str]


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("file", type=Path)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--url", default=URL)
    options.add_argument("--product", default=PRODUCT)
    asked = options.parse_args()
    if asked.out.resolve() == asked.file.resolve():
        options.error("--out: would overwrite the file that is read")
    columns = declared(asked.url, asked.product)
    to = f"{asked.url}/v1/{asked.product.replace('_', '-')}/scores/batch"
    with asked.file.open(newline="") as rows, asked.out.open("w", newline="") as out:
        answers = csv.writer(out)
        answers.writerow(["row", "probability", "score", "problem"])
        for place, answer in enumerate(scored(csv.DictReader(rows), columns, to), start=1):
            answers.writerow([place, *told(answer)])


def declared(url: str, product: str) -> Columns:
    """Ask the service what its product declares."""
    with urlopen(asking(f"{url}/v1/products/{product}"), timeout=60) as response:  # noqa: S310
        found = json.load(response)
    return Columns(
        {each["name"]: READERS[each["kind"]] for each in found["features"]},
        frozenset(each["name"] for each in found["entities"]),
    )


def scored(rows: Iterator[dict[str, str]], columns: Columns, to: str) -> Iterator[dict[str, Any]]:
    """Send rows batch by batch and yield the answer to each."""
    batch: list[dict[str, Any]] = []
    for row_number, row in enumerate(rows, start=1):
        batch.append(application(row, row_number, columns))
        if len(batch) == BATCH:
            yield from post(batch, to)
            batch = []
    if batch:
        yield from post(batch, to)


def application(row: dict[str, str], row_number: int, columns: Columns) -> dict[str, Any]:
    """Put a row into a request's words; an empty cell is not known and left out."""
    known = {name: cell.strip() for name, cell in row.items() if name and cell and cell.strip()}
    return {
        "reference": known.get("reference", str(row_number)),
        "occurred_at": moment(known.get("occurred_at")),
        "purpose": "test",  # answered like any other, and no part of anyone's history
        "entities": {name: known[name] for name in columns.entities & known.keys()},
        "features": {
            name: read(known[name]) for name, read in columns.features.items() if name in known
        },
    }


def moment(cell: str | None) -> str:
    """Give a moment an offset, as a request must have one; without any, it is now."""
    try:
        at = datetime.fromisoformat(cell) if cell else datetime.now(UTC)
    except ValueError:
        return str(cell)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def told(answer: dict[str, Any]) -> list[Any]:
    if "problem" in answer:
        return ["", "", json.dumps(answer["problem"].get("errors", answer["problem"]["title"]))]
    return [answer["probability"], answer["score"], ""]


def asking(to: str, body: bytes | None = None) -> Request:
    """Make a request that shows our key."""
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get("RISKSCORE_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    return Request(to, body, headers)  # noqa: S310 - http


def post(batch: list[dict[str, Any]], to: str) -> list[dict[str, Any]]:
    body = json.dumps({"applications": batch}).encode()
    with urlopen(asking(to, body), timeout=60) as response:  # noqa: S310 - the caller's own service
        results: list[dict[str, Any]] = json.load(response)["results"]
    return results


if __name__ == "__main__":
    main()
