"""The example that sends a csv file to a running service, with a product it was not written for."""

import csv
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from werkzeug.serving import make_server

from riskscore.app import create_app
from riskscore.settings import Settings

SCRIPT = Path(__file__).parents[2] / "examples/subscriber_usage/over_http.py"
ROWS = """document,sims_on_document,liveness score,avg.spend,channel,prepaid,shoe_size,occurred_at
TH-1,30,0.1,,dealer,true,43,2026-11-21
TH-2,30,NaN,1.5,store,1,,
TH-3,3,,,store,FALSE,,2026-11-21T10:00:00Z
"""


@pytest.fixture
def url(models: Path) -> Iterator[str]:
    """A service that really listens."""
    server = make_server("127.0.0.1", 0, create_app(Settings(models=models, dev=True)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_rows_of_any_product_are_scored_by_what_the_service_declares(
    url: str, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text(ROWS)
    files = [str(tmp_path / "in.csv"), "--out", str(tmp_path / "out.csv")]
    command = [sys.executable, str(SCRIPT), *files, "--url", url, "--product", "phone_subscription"]

    subprocess.run(command, check=True)  # noqa: S603 - our own script

    with (tmp_path / "out.csv").open(newline="") as file:
        first, wrong, last = csv.DictReader(file)
    assert int(first["score"]) > int(last["score"])
    assert wrong["score"] == ""
    assert "liveness score" in wrong["problem"]
    assert first["problem"] == last["problem"] == ""
