"""The card: whole, self-contained, readable by day, by night, on paper and on a telephone."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.model.bundle import load_bundle
from riskscore.product.toml import product_from
from tests.browser import WIDTHS, asked, assert_follows_the_day
from tests.browser import run as browse
from tests.training.conftest import Run
from tests.training.declared import HEAD, LIVENESS
from tests.training.gate.conftest import AGE, SIMS, fitted, registrations
from training.assess.intervals import Drawing
from training.card.dependence import parts
from training.card.gather import card
from training.card.page import page
from training.card.pictures import PICTURES
from training.card.svg import Axis, Plot, nice, number
from training.datasets import Source

HEADER = '<meta name="color-scheme" content="light dark"><body style="margin:0; background:#888">'
SHOWN = '<img src="{}" style="width:100%">'


class Made:
    """A bundle, rows after it, and the card that the command wrote."""

    def __init__(self, folder: Path) -> None:
        columns = SIMS + LIVENESS + AGE.format(model="false")
        self.bundle = fitted(folder, "one", columns, registrations(9_000, "2026-01-01", 1))
        self.later = folder / "later.csv"
        registrations(5_000, "2026-06-01", 2).to_csv(self.later, index=False)
        self.record = card(self.bundle, Source(path=self.later), Drawing(60), refits=2)
        self.html = folder / "card.html"
        self.html.write_text(page(self.record), "utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("card"))


def test_the_command_writes_both_files_beside_the_bundle(made: Made, run: Run) -> None:
    result = run("card", made.bundle, made.later, "--draws", 50)

    assert f"wrote {made.bundle / 'card.html'}" in result.stdout
    record = json.loads((made.bundle / "card.json").read_text("utf-8"))
    assert record["sha256"] == load_bundle(made.bundle).sha256
    assert (made.bundle / "card.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_champion_is_described_by_its_product_folder(
    made: Made, tmp_path: Path, run: Run
) -> None:
    run("card", made.bundle.parent, made.later, "--draws", 50, "--out", tmp_path / "cards")

    assert (tmp_path / "cards/card.json").exists()


def test_rows_that_it_was_fitted_on_are_warned_of(made: Made, tmp_path: Path, run: Run) -> None:
    known = made.bundle.parent.parent.parent / "one.csv"

    result = run("card", made.bundle, known, "--draws", 50, "--out", tmp_path)

    assert "the card's figures are too good" in result.stderr
    assert "every figure here is too good" in (tmp_path / "card.html").read_text("utf-8")


def test_the_page_needs_nothing_from_anywhere(made: Made) -> None:
    text = made.html.read_text("utf-8")

    assert not re.findall(r"(?:src|href|url|@import)\s*[=(]", text)
    assert "<script" not in text
    assert text.count("<svg") == text.count("</svg>") >= 6


def test_the_page_says_what_the_record_holds(made: Made) -> None:
    text = made.html.read_text("utf-8")

    for title in ("Intended use and limits", "Data", "Fairness", "Slices", "Stability"):
        assert title in text
    auc = made.record["assessment"]["intervals"]["auc"]["value"]
    assert f"{auc:.3f}" in text
    assert "age_band: old" in text
    assert "the first code stays in" in text


def test_what_a_product_file_says_is_text_and_never_markup(made: Made) -> None:
    record = json.loads(json.dumps(made.record))
    record["model"]["title"] = "<b>bold</b> & sly"
    record["dependence"][0]["doc"] = "<script>alert(1)</script>"

    text = page(record)

    assert "<b>bold" not in text
    assert "<script" not in text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; sly" in text


def test_a_bundle_without_times_or_protected_columns_has_a_card(made: Made, tmp_path: Path) -> None:
    rows = pd.read_csv(made.later).drop(columns=["occurred_at", "age_band"])
    rows.to_csv(tmp_path / "bare.csv", index=False)

    text = page(card(made.bundle, Source(path=tmp_path / "bare.csv"), Drawing(50)))

    assert "The rows have no protected column" in text
    assert "week from" not in text


def test_an_older_bundle_that_says_less_has_a_card(made: Made) -> None:
    record = json.loads(json.dumps(made.record))
    for name in ("asked", "thresholds_on", "calibrated_by"):
        record["model"][name] = None

    assert "FPR when set" in page(record)


def test_a_threshold_is_told_with_its_interval_and_how_surely_it_holds(made: Made) -> None:
    record = json.loads(json.dumps(made.record))
    review = record["model"]["thresholds_on"]["review"]
    low, high = (f"{review[name]:.3f}" for name in ("margin_low", "margin_high"))

    assert f"{review['margin']:.3f} ({low} to {high})" in page(record)
    assert "confidence, if nothing changes" not in page(record)
    review["confidence"] = 0.9
    assert "stay within 5.00% with 90% confidence, if nothing changes" in page(record)


def test_a_model_of_fraud_found_or_not_says_what_labels_lack(made: Made) -> None:
    record = json.loads(json.dumps(made.record))
    assert "of it were ever found" not in page(record)

    record["model"]["calibrated_by"]["found_share"] = 0.5

    assert "as if 50% of it were ever found" in page(record)


def test_curves_rise_and_hold_their_intervals(made: Made) -> None:
    roc = made.record["curves"]["roc"]

    values = [each["value"] for each in roc]
    assert values == sorted(values)
    assert values[-1] == 1
    for each in (*roc, *made.record["curves"]["precision_recall"]):
        assert each["low"] <= each["high"]


def test_no_part_of_a_column_is_one_customer() -> None:
    column = product_from(HEAD + LIVENESS, "x.toml").columns[0]
    values = np.array([*[1.0] * 50, *[2.0] * 4, *[np.nan] * 9], np.float32)

    told = parts(column, values, np.zeros(63, np.float32))

    assert all(each["rows"] >= 5 for each in told)
    assert told[-1]["word"] == "missing"


def test_by_day_it_is_light_and_by_night_dark(made: Made, tmp_path: Path) -> None:
    assert_follows_the_day(made.html, tmp_path)


@pytest.mark.parametrize("width", [1000, 500])
def test_nothing_is_wider_than_the_window(made: Made, tmp_path: Path, width: int) -> None:
    plots = "document.querySelectorAll('svg').length"

    wide, window, drawn = asked(made.html, tmp_path, *WIDTHS, plots, width=width)

    assert wide <= window
    assert drawn >= 6


def test_leading_plots_stand_alone_by_day_and_by_night(
    made: Made, tmp_path: Path, run: Run
) -> None:
    drawn = tmp_path / "drawn"

    run("card", made.bundle, made.later, "--draws", 50, "--out", tmp_path, "--pictures", drawn)

    files = sorted(drawn.iterdir())
    assert [each.name for each in files] == sorted(PICTURES)
    page = tmp_path / "page.html"
    page.write_text(HEADER + "".join(SHOWN.format(each.as_uri()) for each in files))
    assert_follows_the_day(page, tmp_path)


def test_it_prints(made: Made, tmp_path: Path) -> None:
    browse(made.html, f"--print-to-pdf={tmp_path / 'card.pdf'}")

    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")


def test_ticks_are_round_and_hold_what_is_drawn() -> None:
    assert nice(0, 0.23) == pytest.approx([0, 0.1, 0.2, 0.3])
    assert nice(3, 3) == [2.5, 3.5]
    assert [number(each) for each in (0, 0.5, 12_000_000)] == ["0", "0.5", "1e+07"]


def test_what_lies_outside_an_axis_stands_at_its_end() -> None:
    axis = Axis(title="x", ticks=[1, 10, 100], log=True)

    assert [axis.share(each) for each in (0, 1, 10, 1000)] == [0, 0, 0.5, 1]
    plot = Plot(axis, axis, title="a < b")
    plot.point(10, 10)
    assert "a &lt; b" in plot.svg()
