"""A small really trained model, and a published bundle of it."""

from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb

from riskscore.model.calibration import Calibration
from riskscore.model.publish import Fitted, publish
from riskscore.model.scale import Scale, Thresholds
from riskscore.model.trees import Trees
from riskscore.product.encode import Matrix
from riskscore.product.spec import Product
from riskscore.product.toml import product_from
from tests.riskscore.model.boosters import drawn, grow

CLAIM = """
product = "parcel_claim"
title = "Parcel claim"
version = 1

[entities.customer]
required = true

[[feature]]
name = "claimed"
kind = "number"
low = 0.0
high = 5000.0
missing = true
code = "AMOUNT"
reason.en = "Claimed: {value} dollars"
reason.th = "เรียกร้อง: {value} ดอลลาร์"

[[feature]]
name = "first_claim"
kind = "flag"
missing = true
code = "CUSTOMER"
reason.en = "First claim of this customer: {value}"

[[feature]]
name = "carrier"
kind = "category"
values = ["post", "courier"]
code = "CARRIER"
reason.en = "Sent by {value}"

[[feature]]
name = "age_band"
kind = "category"
values = ["young", "old"]
protected = true
model = true

[[history]]
name = "claims_30d"
of = "parcel_claim"
entity = "customer"
measure = "count"
window = "30d"
code = "CUSTOMER"
reason.en = "{value} claims in 30 days"
"""


@pytest.fixture(scope="session")
def claim() -> Product:
    return product_from(CLAIM, "parcel_claim.toml")


@pytest.fixture(scope="session")
def claims(claim: Product) -> Matrix:
    """Two thousand claims in model order, with missing values."""
    rng = np.random.default_rng(7)
    rows = np.column_stack(
        [
            rng.uniform(0, 5000, 2000),
            rng.integers(0, 2, 2000),
            rng.integers(0, 2, 2000),
            rng.integers(0, 2, 2000),
            rng.poisson(2, 2000),
        ]
    )
    rows[rng.random(rows.shape) < 0.1] = np.nan
    assert rows.shape[1] == len(claim.columns)
    return rows.astype(np.float32)


@pytest.fixture(scope="session")
def fitted(claim: Product, claims: Matrix) -> Fitted:
    rng = np.random.default_rng(8)
    risk = np.nan_to_num(claims[:, 0] / 1000 + claims[:, 4] + claims[:, 3])
    labels = risk + rng.normal(0, 1, len(risk)) > 6
    booster = xgb.train(
        {"max_depth": 3, "nthread": 1, "objective": "binary:logistic"},
        xgb.DMatrix(claims, labels),
        20,
    )
    return Fitted(
        product=claim,
        trees=Trees(booster),
        calibration=Calibration(margins=(-2.0, 2.0), log_odds=(-3.0, 2.0), rows=500),
        scale=Scale(review_odds=0.1),
        thresholds=Thresholds(review_margin=-1.0, block_margin=0.11, block_score=640),
        importance=np.array([3.0, 0.5, 0.5, 1.0, 5.0]),
        record={"created": "2026-11-21T00:00:00Z"},
    )


@pytest.fixture
def published(fitted: Fitted, tmp_path: Path) -> Path:
    """A private bundle, for tests that damage it."""
    return publish(tmp_path / "models", fitted)


@pytest.fixture(scope="session")
def booster() -> xgb.Booster:
    rng = np.random.default_rng(6)
    return grow(rng, drawn(rng, 2_000, 8), {"max_depth": 6, "eta": 0.1}, rounds=40)


@pytest.fixture(scope="session")
def rows() -> Matrix:
    return drawn(np.random.default_rng(7), 3_001, 8)
