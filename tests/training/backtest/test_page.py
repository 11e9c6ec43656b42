"""The page and the command: whole, self-contained, readable by day, by night and on paper."""

import json
import re
from pathlib import Path

import pytest

from tests.browser import WIDTHS, asked, assert_follows_the_day
from tests.browser import run as browse
from tests.training.backtest.conftest import Prospect
from tests.training.conftest import Run
from training.assess.intervals import Drawing
from training.backtest.gather import Ask, Record, backtest
from training.backtest.page import page


@pytest.fixture(scope="module")
def record(prospect: Prospect) -> Record:
    found = backtest(prospect.source, Ask(rules=prospect.rules, fits=1), Drawing(50))
    return json.loads(json.dumps(found, allow_nan=False))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def html(record: Record, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "backtest.html"
    path.write_text(page(record), "utf-8")
    return path


def test_the_command_writes_both_files_and_prints_the_verdict(
    prospect: Prospect, tmp_path: Path, run: Run
) -> None:
    arguments = ("--rules", prospect.rules, "--fits", 1, "--draws", 50, "--out", tmp_path)

    result = run("backtest", prospect.folder, *arguments)

    assert "the model finds more, beyond noise" in result.stdout
    assert "model only" in result.stdout
    found = json.loads((tmp_path / "backtest.json").read_text("utf-8"))
    assert found["product"] == "registrations"
    assert (tmp_path / "backtest.html").read_text("utf-8") == page(found)


def test_json_is_one_object(prospect: Prospect, tmp_path: Path, run: Run) -> None:
    arguments = ("--rules", prospect.rules, "--fits", 1, "--draws", 50, "--out", tmp_path)

    result = run("backtest", prospect.folder, *arguments, "--json")

    assert json.loads(result.stdout)["judged_on"]["positives"] > 50


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((), "expected --rules FILE, or --alerts COLUMN"),
        (("--alerts", "ours"), "--alerts: expected --product or --bundle with it"),
        (("--rules", "none.toml"), "none.toml: expected a TOML file of rules"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    prospect: Prospect, run: Run, options: tuple[str, ...], why: str
) -> None:
    result = run("backtest", prospect.folder, *options, expect=1)

    assert result.stderr.startswith("Error: ")
    assert why in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_page_needs_nothing_from_anywhere(html: Path) -> None:
    text = html.read_text("utf-8")

    assert not re.findall(r"(?:src|href|url|@import)\s*[=(]", text)
    assert "<script" not in text
    assert text.count("<svg") == text.count("</svg>") == 2


def test_the_page_says_what_the_record_holds(html: Path, record: Record) -> None:
    text = html.read_text("utf-8")
    own = record["by_alerts"][record["own"]]

    for title in ("Swap set", "Found earlier", "What this cannot tell", "How it was made"):
        assert f"<h2>{title}</h2>" in text
    assert f"{own['swap']['model_only']['frauds']['value']:,.0f}" in text
    assert "no live face, online" in text


def test_where_outcomes_do_not_say_why_the_page_says_so(record: Record) -> None:
    silent = {**record, "found_how": [{**record["found_how"][0], "because": "not said"}]}

    assert "every one of them may be owed to the rules" in page(silent)


def test_what_a_rule_file_says_is_text_and_never_markup(record: Record) -> None:
    sly = json.loads(json.dumps(record))
    sly["single"][0]["name"] = "<script>alert(1)</script>"
    sly["rules"]["from"] = "<b>"

    text = page(sly)

    assert "<script" not in text
    assert "<b>" not in text


def test_by_day_it_is_light_and_by_night_dark(html: Path, tmp_path: Path) -> None:
    assert_follows_the_day(html, tmp_path)


@pytest.mark.parametrize("width", [1000, 500])
def test_nothing_is_wider_than_the_window(html: Path, tmp_path: Path, width: int) -> None:
    wide, window = asked(html, tmp_path, *WIDTHS, width=width)

    assert wide <= window


def test_it_prints(html: Path, tmp_path: Path) -> None:
    browse(html, f"--print-to-pdf={tmp_path / 'backtest.pdf'}")

    assert (tmp_path / "backtest.pdf").read_bytes().startswith(b"%PDF")
