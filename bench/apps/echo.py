"""The least that a JSON service can do: read a body and give it back."""

import orjson
from flask import Flask, Response, request

app = Flask(__name__)


@app.post("/echo")
def echo() -> Response:
    body = orjson.loads(request.get_data(cache=False))
    return Response(orjson.dumps(body), content_type="application/json")
