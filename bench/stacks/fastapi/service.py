"""FastAPI with onnxruntime on one thread: a declared body, one score, no reasons."""

import os

import numpy as np
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel, create_model

COLUMNS = [f"f{place}" for place in range(50)]

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["MODEL"], options)
[asked] = [each.name for each in session.get_inputs()]
probabilities = session.get_outputs()[1].name

Features = create_model("Features", **dict.fromkeys(COLUMNS, (float | None, None)))


class Application(BaseModel):
    reference: str
    features: Features


class Score(BaseModel):
    reference: str
    probability: float


app = FastAPI()


@app.post("/score")
async def score(application: Application) -> Score:
    row = np.array([[getattr(application.features, name) for name in COLUMNS]], np.float32)
    [found] = session.run([probabilities], {asked: row})
    return Score(reference=application.reference, probability=float(found[0, 1]))
