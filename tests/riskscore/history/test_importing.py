"""An event folder seeds a new store, as ``riskscore import-history`` does it."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from flask.testing import FlaskClient
from sqlalchemy import func, select

from riskscore.history.schema import event, outcome, stream, verdict
from riskscore.history.store import store_from
from riskscore.settings import Settings
from tests import clients
from tests.clients import served

Json = dict[str, Any]
START = datetime(2026, 11, 1, tzinfo=UTC)
FEATURES = {"sims_on_document": 1, "channel": "dealer", "prepaid": True}


def happened(place: int, document: str, **more: object) -> Json:
    at = START + timedelta(days=place)
    return {
        "reference": f"r{place}",
        "occurred_at": at,
        "received_at": at + timedelta(minutes=5),
        "purpose": "onboard",
        "score": 400.0 + place,
        "document": document,
        "msisdn": "+66 81 234 5678",
        **FEATURES,
        **more,
    }


ROWS = [
    happened(9, "TH NID 2"),
    happened(0, "TH-NID-1"),
    happened(1, "th nid 1"),
    happened(2, "TH-NID-1", purpose="rescreen"),
    happened(3, "TH-NID-1", reference="r1"),
    happened(4, "TH-NID-1", purpose="backfill", score=None),
]
FOUND: list[Json] = [
    {"reference": "r1", "status": "confirmed", "known_at": START + timedelta(days=5)},
    {"reference": "r4", "status": "cleared", "known_at": START + timedelta(days=6)},
    {"reference": "nobody", "status": "confirmed", "known_at": START + timedelta(days=5)},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "events"
    path.mkdir()
    pq.write_table(pa.Table.from_pylist(ROWS), path / "phone_subscription.parquet")
    found = [{"product": "phone_subscription", **each} for each in FOUND]
    pq.write_table(pa.Table.from_pylist(found), path / "outcomes.parquet")
    return path


def run(settings: Settings, *words: str) -> Result:
    return clients.run(settings, "import-history", *words)


def history(client: FlaskClient, document: str, day: int) -> Json:
    """Ask for history; the decision stays behind."""
    sent = {
        "reference": f"asks-{document}-{day}",
        "occurred_at": (START + timedelta(days=day)).isoformat(),
        "purpose": "rescreen",
        "entities": {"document": document, "msisdn": "+66812345678"},
        "features": FEATURES,
    }
    answer = client.post("/v1/phone-subscription/scores", json=sent).get_json()
    told: Json = client.get(f"/v1/decisions/{answer['decision_id']}").get_json()
    features: Json = told["features"]
    return features


def test_a_folder_becomes_the_past_of_a_new_store(store_settings: Settings, folder: Path) -> None:
    done = run(store_settings, str(folder))

    assert done.exit_code == 0, done.output
    assert "4 applications and 2 outcomes taken in, 3 that do not count" in done.output
    with served(store_settings) as client:
        assert history(client, "TH-NID-1", 7)["registrations_7d"] == 3
        assert history(client, "TH-NID-1", 6)["registrations_7d"] is None
        assert history(client, "TH-NID-2", 10)["registrations_7d"] == 1


def test_scores_moments_and_order_come_from_the_folder(
    store_settings: Settings, folder: Path
) -> None:
    run(store_settings, str(folder))

    with closing(store_from(store_settings)) as store, store.reading() as connection:
        rows = connection.execute(select(event).order_by(event.c.id)).all()
        labels = connection.execute(select(outcome.c.label).order_by(outcome.c.id)).scalars().all()
        beside = connection.scalar(select(func.count()).select_from(verdict))
    assert [(each.reference, each.score) for each in rows] == [
        ("r0", 400), ("r1", 401), ("r4", None), ("r9", 409),
    ]  # fmt: skip
    assert rows[0].features == FEATURES
    assert rows[0].received_at - rows[0].occurred_at == 300_000_000
    assert labels == [1, 0]
    assert beside == 4


def test_since_says_from_when_the_folder_is_whole(store_settings: Settings, folder: Path) -> None:
    run(store_settings, str(folder), "--since", "2026-10-01")

    with served(store_settings) as client:
        assert history(client, "TH-NID-1", 6)["registrations_7d"] == 3


def test_without_since_it_is_known_from_its_first_application(
    store_settings: Settings, folder: Path
) -> None:
    run(store_settings, str(folder))

    with closing(store_from(store_settings)) as store, store.reading() as connection:
        since = connection.scalar(select(stream.c.known_since))
    assert since == int(START.timestamp()) * 1_000_000


def test_what_was_imported_goes_on(store_settings: Settings, folder: Path) -> None:
    run(store_settings, str(folder))

    with served(store_settings) as client:
        again = client.post(
            "/v1/phone-subscription/scores",
            json={
                "reference": "new",
                "occurred_at": "2026-11-12T00:00:00Z",
                "entities": {"document": "TH-NID-2"},
                "features": FEATURES,
            },
        )
        said = {"product": "phone_subscription", "reference": "r9", "status": "confirmed"}
        told = client.post("/v1/outcomes", json=said | {"source": "listed"})
        counted = history(client, "TH-NID-2", 12)["registrations_7d"]

    assert again.status_code == 200
    assert told.status_code == 201
    assert counted == 2


def test_a_second_import_is_refused(store_settings: Settings, folder: Path) -> None:
    run(store_settings, str(folder))

    again = run(store_settings, str(folder))

    assert again.exit_code == 1
    assert "holds applications already" in again.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sims_on_document": -1}, "sims_on_document: expected a whole number"),
        ({"channel": "pigeon"}, "channel: expected one of store, dealer, online"),
        ({"msisdn": "0812345678"}, "msisdn: expected a phone number"),
        ({"reference": None}, "reference: required"),
        ({"purpose": "fun"}, "purpose: expected one of"),
        ({"tenant": "agreement sims"}, "tenant: expected a tenant's name"),
        ({"document": None}, "document: required"),
    ],
)
def test_a_folder_that_breaks_the_declaration_is_refused_whole(
    store_settings: Settings, folder: Path, change: Json, said: str
) -> None:
    rows = [happened(10, "X-1") | change, *ROWS]
    pq.write_table(pa.Table.from_pylist(rows), folder / "phone_subscription.parquet")

    refused = run(store_settings, str(folder))

    assert refused.exit_code == 1
    assert said in refused.output
    assert "0812345678" not in refused.output
    with closing(store_from(store_settings)) as store, store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(event)) == 0


def test_a_folder_of_nothing_known_is_refused(store_settings: Settings, tmp_path: Path) -> None:
    assert "expected <product>.parquet of" in run(store_settings, str(tmp_path / "none")).output
