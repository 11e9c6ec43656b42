"""A simulated country sent through the service, row by row, as it was received."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from flask.testing import FlaskClient

from riskscore.history.replay import Replay, replay
from riskscore.product.spec import Product
from riskscore.product.toml import built_in, read_product
from training.cli import main

Json = dict[str, Any]
LAST = "~"  # after the name of any product: of what came at one moment, outcomes come last


class Received(NamedTuple):
    """A row of a file, and its place in the order of receipt."""

    at: datetime
    product: str
    row: int
    said: Json


@dataclass
class Country:
    """An event folder of one tenant, and what the service answered to its applications.

    Attributes:
        history: Product -> row -> history columns as served.
        scores: Product -> row -> score as served.
    """

    folder: Path
    products: dict[str, Product]
    history: dict[str, dict[int, Json]] = field(default_factory=dict)
    scores: dict[str, dict[int, float]] = field(default_factory=dict)

    @property
    def applications(self) -> int:
        return sum(len(each) for each in self.history.values())


def simulated(folder: Path, *, people: int, days: int) -> Country:
    """Simulate a country whose people all ask one organisation."""
    words = ["simulate", "--out", str(folder), "--people", str(people), "--days", str(days)]
    main([*words, "--seed", "7"], standalone_mode=False)
    for path in folder.glob("*.parquet"):
        table = pq.read_table(path)
        if "tenant" in table.column_names:
            pq.write_table(table.drop_columns(["tenant"]), path)
    return Country(folder, {name: read_product(name) for name in built_in()})


def received(country: Country) -> list[Received]:
    """Put every application and outcome in order of receipt."""
    rows = [each for name in country.products for each in rows_of(country.folder, name)]
    rows += [each._replace(product=LAST) for each in rows_of(country.folder, "outcomes")]
    return sorted(rows, key=lambda each: each[:3])


def rows_of(folder: Path, name: str) -> Iterator[Received]:
    for row, said in enumerate(pq.read_table(folder / f"{name}.parquet").to_pylist()):
        at = said.get("received_at") or said.get("occurred_at") or said["known_at"]
        yield Received(at, name, row, said)


def send(client: FlaskClient, country: Country) -> None:
    """Send everything, and keep what was answered."""
    for each in received(country):
        if each.product == LAST:
            report(client, each.said)
            continue
        product = country.products[each.product]
        sent = application(product, each.said)
        answer = client.post(f"/v1/{product.slug}/scores", json=sent)
        assert answer.status_code == 200, answer.text
        told = client.get(f"/v1/decisions/{answer.get_json()['decision_id']}").get_json()
        history = {column.name: told["features"][column.name] for column in product.history}
        country.history.setdefault(product.name, {})[each.row] = history
        country.scores.setdefault(product.name, {})[each.row] = told["score"]


def application(product: Product, said: Json) -> Json:
    entities = {each.name: said.get(each.name) for each in product.entities}
    since = {each.name: said.get(f"{each.name}_since") for each in product.entities}
    features = {each.name: said.get(each.name) for each in product.inputs}
    return {
        "reference": said["reference"],
        "occurred_at": said["occurred_at"].isoformat(),
        "purpose": said.get("purpose") or "onboard",
        "entities": kept(entities),
        "since": {name: each.isoformat() for name, each in kept(since).items()},
        "features": kept(features),
    }


def kept(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}


def report(client: FlaskClient, said: Json) -> None:
    outcome = {
        name: said.get(name)
        for name in ("product", "reference", "status", "role", "source", "amount")
    }
    moments = {
        name: said[name].isoformat() for name in ("known_at", "fraud_from") if said.get(name)
    }
    answer = client.post("/v1/outcomes", json=kept(outcome) | moments)
    assert answer.status_code == 201, answer.text


def replayed(country: Country, product: Product) -> dict[int, Json]:
    """Compute the same columns from the files, with the scores that were served."""
    scores = {
        name: np.array([served[row] for row in sorted(served)], np.float64)
        for name, served in country.scores.items()
    }
    past = replay(
        Replay(product=product, events=country.folder, looked_at=country.products, scores=scores)
    )
    rows = range(len(country.history[product.name]))
    columns = {name: values.tolist() for name, values in past.values.items()}
    return {
        row: {name: none_if_nan(values[row]) for name, values in columns.items()} for row in rows
    }


def none_if_nan(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124 - NaN


def differences(country: Country) -> list[str]:
    """List every history value that the service and the replay do not agree on."""
    found = []
    for name, served in country.history.items():
        offline = replayed(country, country.products[name])
        for row, online in served.items():
            found += [
                f"{name} row {row} {column}: served {online[column]}, replayed {value}"
                for column, value in offline[row].items()
                if online[column] != value
            ]
    return found
