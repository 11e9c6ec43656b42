"""``riskscore score --history``: rows of a file, scored with what was received before them."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from riskscore.cli import main
from tests.clusters import two_workers
from tests.history.deliveries import deliveries
from tests.history.files import applications_table, write_events
from tests.history.oracle import Application
from tests.history.products import HERE, PARCEL, VISIT
from tests.history.streams import DAY, START
from training.datasets import Source
from training.pipeline import Order, fit

BUSY = {f"S{person}" for person in range(6)}


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_events(tmp_path_factory.mktemp("events"), *deliveries())


@pytest.fixture(scope="module")
def parcel_models(events: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of parcels and, because parcels look at them, of visits."""
    models = tmp_path_factory.mktemp("models")
    for product in (VISIT, PARCEL):
        fit(product, Source(path=events, declarations=(HERE,)), Order(models=models))
    return models


def asking(sender: str) -> Application:
    """A parcel at the end of the events, of the busy sender who sent last or of a new one."""
    parcels = [each for each in deliveries().applications if each.product == "parcel"]
    latest = max(parcels, key=lambda each: (each.entities["sender"] in BUSY, each.occurred))
    new = {"sender": sender, "phone": "+66899999999"} if sender != "busy" else {}
    entities = {**latest.entities, **new}
    return replace(latest, reference=sender, occurred=START + 20 * DAY, entities=entities)


def score(models: Path, events: Path, rows: list[Application], out: Path) -> Result:
    file = out.with_name("asking.parquet")
    pq.write_table(applications_table(rows), file)
    asked = ["score", "parcel", str(file), "--out", str(out), "--models", str(models)]
    return CliRunner().invoke(main, [*asked, "--history", str(events)])


def test_a_busy_sender_scores_higher(events: Path, parcel_models: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"

    result = score(parcel_models, events, [asking("busy"), asking("S999")], out)

    assert result.exit_code == 0, result.output
    busy, quiet = pq.read_table(out).to_pylist()
    assert busy["score"] > quiet["score"]
    assert any("BY_SENDER" in each["code"] for each in json.loads(busy["reasons"]))


def test_on_a_cluster_every_row_sees_its_own_past(
    events: Path, parcel_models: Path, tmp_path: Path
) -> None:
    rows = [asking(name) for name in ("S998", "busy", "S999", "S997")]
    file, one, many = (tmp_path / f"{name}.parquet" for name in ("asking", "one", "many"))
    pq.write_table(applications_table(rows), file, row_group_size=1)
    command = ["score", "parcel", str(file), "--models", str(parcel_models)]
    command += ["--history", str(events), "--out"]

    alone = CliRunner().invoke(main, [*command, str(one)])
    with two_workers() as cluster:
        spread = CliRunner().invoke(
            main, [*command, str(many), "--dask", cluster.scheduler_address]
        )

    assert alone.exit_code == spread.exit_code == 0, spread.output
    assert pq.read_table(many).equals(pq.read_table(one))
    scores = pq.read_table(many)["score"].to_pylist()
    assert scores.index(max(scores)) == 1


def test_a_row_without_a_time_cannot_be_given_its_past(
    events: Path, parcel_models: Path, tmp_path: Path
) -> None:
    table = applications_table([asking("S1"), asking("S2")])
    place = table.schema.get_field_index("occurred_at")
    gone = [*table["occurred_at"].to_pylist()[:1], None]
    table = table.set_column(place, table.schema.field(place), [gone])
    pq.write_table(table, tmp_path / "asking.parquet")
    command = ["score", "parcel", str(tmp_path / "asking.parquet")]
    command += ["--out", str(tmp_path / "out.csv"), "--models", str(parcel_models)]

    result = CliRunner().invoke(main, [*command, "--history", str(events)])

    assert "1 scored" in result.output
    assert "occurred_at: expected" in (tmp_path / "out.refused.csv").read_text()


def test_a_folder_that_is_not_there_is_refused(parcel_models: Path, tmp_path: Path) -> None:
    result = score(parcel_models, tmp_path / "nowhere", [asking("S1")], tmp_path / "out.csv")

    assert result.exit_code == 1
    assert "nowhere: expected a folder of event files" in result.output
