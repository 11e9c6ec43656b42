"""Flask as most people write it: marshmallow, a DataFrame, a DMatrix, XGBoost's contributions.

It keeps no history and stores nothing.
"""

import os

import pandas as pd
import xgboost as xgb
from flask import Flask, Response, jsonify, request
from marshmallow import Schema, ValidationError, fields

COLUMNS = [f"f{place}" for place in range(50)]
REASONS = 4
Features = Schema.from_dict({name: fields.Float(allow_none=True) for name in COLUMNS})


class Application(Schema):
    reference = fields.String(required=True)
    features = fields.Nested(Features, required=True)


app = Flask(__name__)
schema = Application()
booster = xgb.Booster(model_file=os.environ["MODEL"])
booster.set_param({"nthread": 1})


@app.post("/score")
def score() -> tuple[Response, int]:
    try:
        sent = schema.load(request.get_json())
    except ValidationError as error:
        return jsonify(error.messages), 400
    frame = pd.DataFrame([sent["features"]], columns=COLUMNS).astype("float32")
    rows = xgb.DMatrix(frame, nthread=1)
    probability = float(booster.predict(rows, validate_features=False)[0])
    shares = booster.predict(rows, pred_contribs=True, validate_features=False)[0, :-1]
    largest = shares.argsort()[::-1][:REASONS]
    reasons = [{"feature": COLUMNS[place], "share": float(shares[place])} for place in largest]
    answer = {"reference": sent["reference"], "probability": probability, "reasons": reasons}
    return jsonify(answer), 200
