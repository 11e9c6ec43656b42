"""Who is compared on the real telecom set, each fitted on the training rows of a fold.

Everybody but ``ours`` sees the columns as sent, without those derived from them.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from riskscore.product.recipe import Recipe
from riskscore.product.spec import Product
from training.crossvalidate import Fold, judged
from training.datasets import Dataset

Answers = NDArray[np.float64]
BY_HAND = {  # what a practitioner set by hand on this set, before there was this project
    "eta": 0.03,
    "max_depth": 6,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
}


class Rival(NamedTuple):
    """How somebody answers the test rows of a fold, having seen its training rows.

    Attributes:
        declared: What is left of the product for them.
    """

    name: str
    declared: Callable[[Product], Product]
    answer: Callable[[Dataset, Fold], Answers]


def whole(product: Product) -> Product:
    return product


def default_recipe(product: Product) -> Product:
    return replace(product, recipe=Recipe())


def as_sent(product: Product) -> Product:
    return replace(product, derived=(), recipe=Recipe())


def ours(dataset: Dataset, fold: Fold) -> Answers:
    return np.asarray(judged(dataset, fold).margins, np.float64)


def by_hand(dataset: Dataset, fold: Fold) -> Answers:
    return _xgboost(dataset, fold, n_estimators=600, **BY_HAND)


def defaults(dataset: Dataset, fold: Fold) -> Answers:
    return _xgboost(dataset, fold)


def logistic(dataset: Dataset, fold: Fold) -> Answers:
    """Medians for what is missing, and flags that it was; zero mean and unit variance."""
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(max_iter=5_000),
    )
    model.fit(np.float64(dataset.matrix[fold.train]), dataset.labels[fold.train])
    found: Answers = model.decision_function(np.float64(dataset.matrix[fold.test]))
    return found


RIVALS = (
    Rival("ours", whole, ours),
    Rival("ours, default recipe", default_recipe, ours),
    Rival("ours, columns as sent, default recipe", as_sent, ours),
    Rival("XGBoost set by hand", as_sent, by_hand),
    Rival("XGBoost's own defaults", as_sent, defaults),
    Rival("logistic regression", as_sent, logistic),
)


def _xgboost(dataset: Dataset, fold: Fold, **settings: float) -> Answers:
    model = xgb.XGBClassifier(n_jobs=1, random_state=fold.seed, **settings)
    model.fit(dataset.matrix[fold.train], dataset.labels[fold.train])
    return np.asarray(model.predict(dataset.matrix[fold.test], output_margin=True), np.float64)
