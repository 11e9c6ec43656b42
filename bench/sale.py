"""The reference model as a product: 38 columns that are sent, and 12 windows of history.

Its name and its entities are those of ``bench.store``, whose filled stores it is served from.
"""

import shutil
from pathlib import Path

import numpy as np
import xgboost as xgb

from bench.reference import COLUMNS
from bench.store import PRODUCT, WINDOWS
from riskscore.model.calibration import Calibration
from riskscore.model.publish import Fitted, publish
from riskscore.model.scale import Scale, Thresholds, block_score_at
from riskscore.model.trees import Trees
from riskscore.product.spec import Product
from riskscore.product.toml import product_from

NAME = "sale"
SENT = COLUMNS - len(WINDOWS)
BOUND = 1_000_000  # of every sent column, either way
CALIBRATION = Calibration(margins=(-10.0, 10.0), log_odds=(-10.0, 10.0), rows=10_000)
SCALE = Scale(review_odds=0.1)


def sale() -> Product:
    """Declare the product: entities of ``bench.store``, sent columns, then its windows."""
    [entities, _] = PRODUCT.split("[[feature]]")
    columns = "".join(map(number, range(SENT)))
    return product_from(entities + columns + "".join(map(window, range(len(WINDOWS)))), NAME)


def number(place: int) -> str:
    return (
        f'[[feature]]\nname = "f{place}"\nkind = "number"\nlow = -{BOUND}\nhigh = {BOUND}\n'
        f'missing = true\nreason.en = "Column {place} was {{value}}"\n'
    )


def window(place: int) -> str:
    entity, measure, length = WINDOWS[place]
    rate = "base_rate = 0.01\n" if measure == "confirmed_rate" else ""
    return (
        f'[[history]]\nname = "w{place}"\nof = "{NAME}"\nentity = "{entity}"\n'
        f'measure = "{measure}"\nwindow = "{length}"\n{rate}'
        f'reason.en = "Window {place} held {{value}}"\n'
    )


def publish_sale(models: Path, booster: xgb.Booster) -> Path:
    """Write the bundle into an empty folder of models, and return that folder."""
    shutil.rmtree(models, ignore_errors=True)
    block_margin = 2.0
    block_score = block_score_at(block_margin, CALIBRATION, SCALE)
    fitted = Fitted(
        product=sale(),
        trees=Trees(booster),
        calibration=CALIBRATION,
        scale=SCALE,
        thresholds=Thresholds(
            review_margin=0.0, block_margin=block_margin, block_score=block_score
        ),
        importance=np.ones(COLUMNS),
        record={"created": "2026-11-25T00:00:00Z"},
    )
    publish(models, fitted)
    return models
