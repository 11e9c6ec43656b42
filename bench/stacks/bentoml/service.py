"""BentoML with the booster: one row in, one probability out, no reasons."""

import os

import bentoml
import numpy as np
import xgboost as xgb


@bentoml.service(workers=2, logging={"access": {"enabled": False}}, metrics={"enabled": False})
class Sale:
    def __init__(self) -> None:
        self.booster = xgb.Booster(model_file=os.environ["MODEL"])
        self.booster.set_param({"nthread": 1})

    @bentoml.api
    async def score(self, features: list[float]) -> float:
        row = np.array([features], np.float32)
        return float(self.booster.inplace_predict(row, validate_features=False)[0])
