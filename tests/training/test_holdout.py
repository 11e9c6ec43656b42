"""Rows set aside: the latest, whole, and never seen by the fit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscore.product.spec import Product
from training.datasets import Source
from training.holdout import Holdout, set_aside
from training.read import read_dataset


@pytest.mark.parametrize("out", ["held.csv", "held.parquet"])
@pytest.mark.parametrize("file", ["rows.csv", "rows.parquet"])
def test_held_out_rows_have_all_columns_and_can_be_read_again(
    registrations: Product, dated: pd.DataFrame, tmp_path: Path, file: str, out: str
) -> None:
    frame = dated.assign(shoe_size=np.arange(len(dated)) % 10, note="ok, fine")
    frame = frame.sample(frac=1, random_state=0)
    path = tmp_path / file
    frame.to_csv(path, index=False) if file == "rows.csv" else frame.to_parquet(path, index=False)
    dataset = read_dataset(registrations, Source(path=path))

    kept = set_aside(dataset, Holdout(0.2, tmp_path / out), seed=0)

    written = tmp_path / out
    held = pd.read_csv(written) if out == "held.csv" else pd.read_parquet(written)
    assert list(held.columns) == list(frame.columns)
    assert set(held["reference"]) == set(dated["reference"][-400:])
    assert len(kept) == 1_600
    again = read_dataset(registrations, Source(path=written))
    order = pd.Index(frame["reference"]).get_indexer(held["reference"])
    np.testing.assert_array_equal(again.matrix, dataset.matrix[order])
    np.testing.assert_array_equal(again.labels, dataset.labels[order])


def test_without_time_the_share_is_stratified_and_seeded(
    registrations: Product, csv: Path, tmp_path: Path
) -> None:
    dataset = read_dataset(registrations, Source(path=csv))

    texts = []
    for seed, name in ((0, "a.csv"), (0, "b.csv"), (1, "c.csv")):
        kept = set_aside(dataset, Holdout(0.25, tmp_path / name), seed=seed)
        assert kept.positives == pytest.approx(0.75 * dataset.positives, abs=1)
        texts.append((tmp_path / name).read_text())

    assert texts[0] == texts[1] != texts[2]


def test_rows_of_an_event_folder_take_their_label_along(
    registrations: Product, dated: pd.DataFrame, tmp_path: Path
) -> None:
    events = dated.drop(columns="label").astype({"channel": "category"})
    events.to_parquet(tmp_path / "registrations.parquet")
    guilty = dated[dated["label"] == 1]
    pd.DataFrame(
        {
            "product": "registrations",
            "reference": guilty["reference"],
            "status": "confirmed",
            "known_at": "2027-01-01",
        }
    ).to_parquet(tmp_path / "outcomes.parquet")
    dataset = read_dataset(registrations, Source(path=tmp_path))

    set_aside(dataset, Holdout(0.2, tmp_path / "held.csv"), seed=0)

    held = pd.read_csv(tmp_path / "held.csv")
    np.testing.assert_array_equal(held["label"], dated["label"][-400:])
    again = read_dataset(registrations, Source(path=tmp_path / "held.csv"))
    np.testing.assert_array_equal(again.matrix, dataset.matrix[-400:])
