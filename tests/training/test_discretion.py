"""A bundle holds what was learned and nobody it was learned from."""

from pathlib import Path

import pandas as pd

from tests.training.conftest import Run

MARK = "7731009944"


def test_no_reference_or_identifier_of_a_training_row_is_in_a_bundle(
    frame: pd.DataFrame, toml: Path, run: Run, tmp_path: Path
) -> None:
    csv, out = tmp_path / "rows.csv", tmp_path / "models"
    names = [f"TH-NID-{MARK}-{place}" for place in range(len(frame))]
    frame.assign(reference=names, document=names).to_csv(csv, index=False)

    said = run("fit", toml, csv, "--out", out)

    files = [each for each in out.rglob("*") if each.is_file()]
    assert len(files) > 4
    assert MARK.encode() in csv.read_bytes()
    assert not [each for each in files if MARK.encode() in each.read_bytes()]
    assert MARK not in said.output
