"""Write a booster as ONNX: ``python convert.py model.ubj model.onnx COLUMNS``."""

import sys
from pathlib import Path

import xgboost as xgb
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

source, target, columns = sys.argv[1:]
model = convert_xgboost(
    xgb.Booster(model_file=source),
    initial_types=[("columns", FloatTensorType([None, int(columns)]))],
    target_opset=15,
)
Path(target).write_bytes(model.SerializeToString())
