"""``riskscore score --record``: rows of a file enter the store as if they were sent over HTTP."""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from click.testing import Result
from flask.testing import FlaskClient

from riskscore.decision.ledger import TOGETHER
from riskscore.decision.recorded import record_portfolio
from riskscore.errors import StoreUnavailable
from riskscore.history.engine import file_of
from riskscore.history.store import store_from, upgrade_store
from riskscore.model.bundle import load_champion
from riskscore.portfolio import judge_of
from riskscore.settings import Settings
from tests import databases
from tests.clients import run, served
from tests.portfolios import read_csv, write_csv
from tests.streams import application, simulated

Json = dict[str, Any]
OF_THE_CALL = {"decision_id", "scored_at"}
NAME = "phone_subscription"
ROW = {
    "document": "TH-NID-1101700203451",
    "msisdn": "+66 81 234 5678",
    "sims_on_document": "2",
    "avg.spend": "7.25",
    "channel": "dealer",
    "prepaid": "true",
    "occurred_at": "2026-11-20 10:00:00+07:00",
}
COLUMNS = ["reference", "purpose", "msisdn_since", "load", "foreign_document", *ROW]


@pytest.fixture
def other_settings(
    store_settings: Settings, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Settings]:
    """Name another empty database of the same kind."""
    if store_settings.database_url.startswith("sqlite"):
        key = tmp_path / "other" / "pseudonym.key"
        url = f"sqlite:///{tmp_path}/other/riskscore.db"
        yield replace(store_settings, database_url=url, pseudonym_key_file=key)
        return
    server = request.getfixturevalue("postgresql_server")
    with databases.new_database(server, f"other_{uuid4().hex}") as url:
        settings = replace(store_settings, database_url=url)
        upgrade_store(settings)
        yield settings


def record(settings: Settings, product: str, file: Path, out: Path, *more: str) -> Result:
    environ = {
        "RISKSCORE_KNOWN_SINCE": "1970-01-01",
        "RISKSCORE_STORE_TIMEOUT": str(settings.store_timeout),
    }
    command = ["score", product, str(file), "--out", str(out), "--record", *more]
    return run(settings, *command, **environ)


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    return write_csv(path, COLUMNS, rows)


def decisions(client: FlaskClient, references: list[str]) -> list[Json]:
    """Give every decision of some references, but for what no two calls share."""
    found = []
    for each in references:
        answer = client.get("/v1/decisions", query_string={"reference": each}).get_json()
        found += answer["decisions"]
    return [
        {name: value for name, value in each.items() if name not in OF_THE_CALL} for each in found
    ]


def post(client: FlaskClient, slug: str, rows: list[Json]) -> list[Json]:
    answered: list[Json] = []
    for start in range(0, len(rows), 1_000):
        sent = {"applications": rows[start : start + 1_000]}
        answered += client.post(f"/v1/{slug}/scores/batch", json=sent).get_json()["results"]
    return answered


def test_a_country_recorded_is_the_same_as_a_country_sent(
    store_settings: Settings, other_settings: Settings, built_in_models: Path, tmp_path: Path
) -> None:
    country = simulated(tmp_path / "country", people=1_000, days=60)
    sent_to = replace(store_settings, models=built_in_models, known_since=0)
    recorded_in = replace(other_settings, models=built_in_models, known_since=0)
    with served(sent_to) as http, served(recorded_in) as kept:
        rows = 0
        for name in ("sim_registration", "account_opening", "account_activity"):
            file, out = country.folder / f"{name}.parquet", tmp_path / f"{name}.parquet"
            product = country.products[name]
            said = [application(product, each) for each in pq.read_table(file).to_pylist()]

            answers = post(http, product.slug, said)
            result = record(recorded_in, name, file, out)

            assert result.exit_code == 0, result.output
            references = [each["reference"] for each in said]
            assert decisions(kept, references) == decisions(http, references)
            lines = pq.read_table(out).to_pylist()
            for answer, line in zip(answers, lines, strict=True):
                assert {name: line[name] for name in ("score", "probability", "coverage")} == {
                    name: answer[name] for name in ("score", "probability", "coverage")
                }
                told = kept.get(f"/v1/decisions/{line['decision_id']}").get_json()
                assert told["reference"] == answer["reference"]
            rows += len(lines)
    assert rows > 150


def sent(row: dict[str, str]) -> Json:
    """Write a row as a caller would send it."""
    features: Json = {
        "sims_on_document": int(row["sims_on_document"]),
        "avg.spend": float(row["avg.spend"]),
        "channel": row["channel"],
        "prepaid": row["prepaid"] == "true",
    }
    if row.get("load"):
        features["load"] = row["load"]
    if row.get("foreign_document"):
        features["foreign_document"] = row["foreign_document"] == "true"
    since = {"msisdn": row["msisdn_since"]} if row.get("msisdn_since") else {}
    return {
        "reference": row["reference"],
        "purpose": row.get("purpose") or "onboard",
        "occurred_at": row["occurred_at"],
        "entities": {name: row[name] for name in ("document", "msisdn") if row[name]},
        "since": since,
        "features": features,
    }


def mixed() -> list[dict[str, str]]:
    """Rows of every purpose, of one phone that changed hands, and of references that come again."""
    rows = [ROW | {"reference": f"r-{number}"} for number in range(TOGETHER + 8)]
    for number, purpose in enumerate(["rescreen", "backfill", "test", "onboard"]):
        rows[number]["purpose"] = purpose
    rows[5] |= {"msisdn_since": "2026-11-20", "load": "heavy", "foreign_document": "false"}
    rows[6] |= {"document": "th nid 1101700203451", "msisdn": "", "avg.spend": "-10.5"}
    rows[7] |= {"reference": "r-4", "sims_on_document": "7"}
    rows[8] |= {"reference": "r-0", "purpose": "onboard"}
    return rows


def test_rows_of_every_kind_are_kept_as_those_of_a_batch(
    store_settings: Settings, other_settings: Settings, tmp_path: Path
) -> None:
    rows = mixed()
    file = written(tmp_path / "in.csv", rows)
    with (
        served(replace(store_settings, known_since=0)) as http,
        served(replace(other_settings, known_since=0)) as kept,
    ):
        posted = [sent(each) | {"occurred_at": "2026-11-20T10:00:00+07:00"} for each in rows]
        answers = post(http, "phone-subscription", posted)

        result = record(other_settings, NAME, file, tmp_path / "out.csv")

        assert result.exit_code == 0, result.output
        references = sorted({each["reference"] for each in rows})
        assert decisions(kept, references) == decisions(http, references)
    lines = read_csv(tmp_path / "out.csv")
    assert [int(each["score"]) for each in lines] == [each["score"] for each in answers]
    tests = [each["reference"] for each in lines if not each["decision_id"]]
    assert tests == ["r-2"]


def test_a_run_started_again_counts_nobody_twice(store_settings: Settings, tmp_path: Path) -> None:
    rows = [ROW | {"reference": f"r-{number}"} for number in range(5)]
    file = written(tmp_path / "in.csv", rows)

    first = record(store_settings, NAME, file, tmp_path / "first.csv")
    again = record(store_settings, NAME, file, tmp_path / "again.csv")

    assert first.exit_code == again.exit_code == 0, again.output
    with served(store_settings) as client:
        told = decisions(client, ["r-4"])
    assert [each["features"]["registrations_7d"] for each in told] == [4, 4]
    ids = [each["decision_id"] for name in ("first", "again") for each in read_of(tmp_path, name)]
    assert len(set(ids)) == 10


def read_of(folder: Path, name: str) -> list[dict[str, str]]:
    return read_csv(folder / f"{name}.csv")


def test_a_row_happens_now_unless_it_says_when_and_never_later(
    settings: Settings, tmp_path: Path
) -> None:
    settings = at(settings, tmp_path)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    rows = [
        ROW | {"reference": "now", "occurred_at": ""},
        ROW | {"reference": "later", "occurred_at": tomorrow},
        ROW | {"reference": "broken", "channel": "pigeon"},
        ROW | {"reference": "then"},
    ]
    begun = datetime.now(UTC)

    result = record(settings, NAME, written(tmp_path / "in.csv", rows), tmp_path / "out.csv")

    assert "2 recorded" in result.stdout
    refused = read_csv(tmp_path / "out.refused.csv")
    assert [(each["row"], each["reference"]) for each in refused] == [
        ("2", "later"),
        ("3", "broken"),
    ]
    assert refused[0]["problem"] == "occurred_at: expected a moment that is not in the future"
    with served(settings) as client:
        [told] = decisions(client, ["now"])
    assert begun <= datetime.fromisoformat(told["occurred_at"]) <= datetime.now(UTC)


def at(settings: Settings, folder: Path) -> Settings:
    """Name an empty SQLite database."""
    url, key = f"sqlite:///{folder}/store.db", folder / "store.key"
    return replace(settings, database_url=url, pseudonym_key_file=key)


def test_a_file_without_references_is_not_recorded(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("document,sims_on_document,channel,prepaid\nA,1,store,true\n")

    result = record(at(settings, tmp_path), NAME, tmp_path / "in.csv", tmp_path / "out.csv")

    assert result.exit_code == 1
    assert "column reference: required to record" in result.stderr
    assert not (tmp_path / "out.csv").exists()


def test_reasons_left_out_of_the_file_are_stored(settings: Settings, tmp_path: Path) -> None:
    settings = at(settings, tmp_path)
    file = written(tmp_path / "in.csv", [ROW | {"reference": "r", "sims_on_document": "39"}])

    record(settings, NAME, file, tmp_path / "out.csv", "--no-reasons")

    [line] = read_csv(tmp_path / "out.csv")
    assert line["reasons"] == ""
    with served(settings) as client:
        [told] = decisions(client, ["r"])
    assert told["reasons"]


def test_a_store_that_cannot_be_reached_is_said_in_one_line(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(f"1 {'ab' * 32}\n")
    nowhere = replace(
        settings,
        database_url="postgresql://nobody@127.0.0.1:1/nowhere",
        pseudonym_key_file=tmp_path / "key",
    )
    file = written(tmp_path / "in.csv", [ROW | {"reference": "r"}])

    result = record(nowhere, NAME, file, tmp_path / "out.csv")

    assert result.exit_code == 1
    assert result.stderr == "Error: the store cannot be reached\n"
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_was_acknowledged_before_the_store_failed_is_in_the_file(
    settings: Settings, tmp_path: Path, suffix: str
) -> None:
    settings = replace(at(settings, tmp_path), store_timeout=1)
    rows = [ROW | {"reference": f"r-{number}"} for number in range(3 * TOGETHER)]
    rows[3]["channel"] = rows[-1]["channel"] = "pigeon"
    file, out = written(tmp_path / "in.csv", rows), tmp_path / f"out.{suffix}"
    bundle = load_champion(settings.models / NAME)
    with closing(store_from(settings)) as store:
        steps = record_portfolio(
            judge_of(bundle, store, settings.models), file, out, tenant="default"
        )

        assert next(steps).scored == TOGETHER
        with busy(file_of(store.url)), pytest.raises(StoreUnavailable):
            next(steps)

    lines = pq.read_table(out).to_pylist() if suffix == "parquet" else read_csv(out)
    done = [f"r-{number}" for number in range(TOGETHER + 1) if number != 3]
    assert [each["reference"] for each in lines] == done
    assert [each["reference"] for each in read_csv(tmp_path / "out.refused.csv")] == ["r-3"]
    with served(settings) as client:
        for each in lines:
            told = client.get(f"/v1/decisions/{each['decision_id']}").get_json()
            assert told["reference"] == each["reference"]
        assert decisions(client, [f"r-{TOGETHER + 1}"]) == []


@contextmanager
def busy(database: Path) -> Iterator[None]:
    """Write to an SQLite database, as another process would, for as long as this lasts."""
    with database.with_name(f"{database.name}.lock").open("r+") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield
