"""GET /openapi.json: the API document, out of the very schemas that judge requests."""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint
from flask.typing import ResponseReturnValue
from marshmallow import Schema

from riskscore.api import answers, examples
from riskscore.api.outcome_form import OutcomeForm
from riskscore.api.problems import MEDIA_TYPE
from riskscore.api.schemas import MOST
from riskscore.api.served import Served, Service, service

bp = Blueprint("openapi", __name__)

ABOUT = (
    "Risk scores, with reasons, for SIM registrations and mule accounts. Errors are problem "
    "documents (RFC 9457); those of a field name it by its path."
)
CORRELATOR = {
    "name": "x-correlator",
    "in": "header",
    "description": "Echoed when sent.",
    "schema": {"type": "string", "maxLength": 256, "pattern": r"^[a-zA-Z0-9\-_:;./<>{}]*$"},
}
LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "description": "Of the reason texts: en (default) or th.",
    "schema": {"type": "string"},
    "example": "th",
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": (
        "Sent again under its key within 24 hours, a request does nothing twice: what it stored "
        "before is answered again, byte for byte. Choose a new random key for each request."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[!-~]+$"},
    "example": "6f1c2f0e-0b0c-4c39-9a60-0f2f6f0f7a55",
}
REPLAYED = {
    "description": "true where all that is answered was answered before under the key.",
    "schema": {"type": "string", "const": "true"},
}
REFUSALS = {
    "400": "The body, or a header, breaks its form.",
    "401": "No key or token, or none that is valid.",
    "403": "The key does not allow this.",
    "404": "No such product, decision or application.",
    "409": "A request with this Idempotency-Key is still at work; ask again.",
    "413": "The body is too large.",
    "415": "The body is not application/json in UTF-8.",
    "422": "Fields break their declaration; or the key was used for another request.",
    "429": "Asked too often; Retry-After says when to ask again.",
    "500": "Our fault.",
    "503": "The store cannot be reached now; ask again.",
}
READ = ("400", "500")
CLOSED = ("401", "403", "429", "503")
WRITE = ("400", *CLOSED, "409", "413", "415", "422", "500")
FINDING = ("404", *CLOSED)
ASKING = ("422", *CLOSED)
DECISION_ID = {
    "name": "decision_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}
REFERENCED = {
    "name": "reference",
    "in": "query",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}
OUTCOME = {
    "product": "sim_registration",
    "reference": "example-1",
    "status": "confirmed",
    "source": "investigated",
    "known_at": "2026-11-21T12:00:00+07:00",
}

CREDENTIAL = {
    "type": "http",
    "scheme": "bearer",
    "description": "An access key (riskscore keys create), or a token of the trusted issuer.",
}
OPEN: dict[str, Any] = {"security": []}  # of what anybody may ask

Json = dict[str, Any]


@bp.get("/openapi.json")
def show_document() -> ResponseReturnValue:
    return document(service())


def document(served: Service) -> Json:
    """Describe what this process serves, product by product."""
    spec = APISpec(
        title="riskscore",
        version="1",
        openapi_version="3.1.0",
        info={"description": ABOUT},
        security=[{"key": []}],
        plugins=[MarshmallowPlugin(schema_name_resolver=lambda schema: type(schema).__name__)],
    )
    spec.components.security_scheme("key", CREDENTIAL)
    spec.components.parameter("x-correlator", "header", CORRELATOR)
    spec.components.parameter("Accept-Language", "header", LANGUAGE)
    spec.components.parameter("Idempotency-Key", "header", KEY)
    spec.components.schema("Problem", schema=answers.Problem())
    for status, description in REFUSALS.items():
        spec.components.response(status, refusal(description))
    for path, operation in {**scoring(served), **remembering(), **reading(served)}.items():
        spec.path(path=path, operations=operation)
    described: Json = spec.to_dict()
    return described


def scoring(served: Service) -> Json:
    """Describe the paths of every product."""
    paths: Json = {}
    for slug, each in served.by_slug.items():
        paths[f"/v1/{slug}/scores"] = {"post": score_one(each)}
        paths[f"/v1/{slug}/scores/batch"] = {"post": score_many(each)}
    return paths


def score_one(served: Served) -> Json:
    product = served.bundle.product
    body = sent(served.schema, examples.application(product))
    return post(f"score_{product.name}", f"Score one: {product.title}", body, answers.Score())


def score_many(served: Served) -> Json:
    product = served.bundle.product
    batch: Json = {
        "type": "object",
        "required": ["applications"],
        "additionalProperties": False,
        "properties": {
            "applications": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST,
                "items": served.schema,
                "description": "Each is answered or refused on its own, in this order.",
            }
        },
    }
    body = sent(batch, {"applications": [examples.application(product)]})
    row = {"oneOf": [answers.Score(), answers.Refused()]}
    results = {
        "type": "object",
        "required": ["results"],
        "properties": {"results": {"type": "array", "items": row}},
    }
    return post(f"score_{product.name}_batch", f"Score many: {product.title}", body, results)


def reading(served: Service) -> Json:
    """Describe the paths that only tell."""
    name = {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "examples": {each: {"value": each} for each in served.products},
    }
    show = get("show_product", "A product as it is declared", answers.Declaration(), *FINDING)
    return {
        "/v1/products": {
            "get": get("list_products", "What is served", answers.Products(), *CLOSED)
        },
        "/v1/products/{name}": {"get": show | {"parameters": [name, "x-correlator"]}},
        "/healthz": {"get": get("alive", "Whether the process answers", answers.Alive()) | OPEN},
        "/readyz": {"get": get("ready", "Whether it can score", answers.Ready(), "503") | OPEN},
    }


def remembering() -> Json:
    """Describe the paths of what was decided, and of what came of it."""
    return {
        "/v1/decisions/{decision_id}": {
            "get": get(
                "show_decision",
                "A decision as it was made; that it was read is recorded",
                answers.Decision(),
                *FINDING,
            )
            | {"parameters": [DECISION_ID, "x-correlator"]}
        },
        "/v1/decisions": {
            "get": get(
                "list_decisions",
                "The decisions of one reference, which names nobody; who read is recorded",
                answers.Decisions(),
                *ASKING,
            )
            | {"parameters": [REFERENCED, "x-correlator"]}
        },
        "/v1/outcomes": {"post": report()},
    }


def report() -> Json:
    batch: Json = {
        "type": "object",
        "required": ["outcomes"],
        "additionalProperties": False,
        "properties": {
            "outcomes": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST,
                "items": OutcomeForm(),
                "description": "Each is stored or refused on its own.",
            }
        },
    }
    row = {"oneOf": [answers.Receipt(), answers.RefusedOutcome()]}
    results = {
        "type": "object",
        "required": ["results"],
        "properties": {"results": {"type": "array", "items": row}},
    }
    body = sent({"oneOf": [OutcomeForm(), batch]}, OUTCOME)
    operation = post("report_outcomes", "Say what came of applications", body, results)
    operation["parameters"] = ["x-correlator", "Idempotency-Key"]
    operation["responses"] |= {"201": stored(answers.Receipt()), "404": "404"}
    return operation


def post(name: str, summary: str, body: Json, answer: Schema | Json) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": ["x-correlator", "Accept-Language", "Idempotency-Key"],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {"200": stored(answer)} | {status: status for status in WRITE},
    }


def get(name: str, summary: str, answer: Schema, *also: str) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": ["x-correlator"],
        "responses": {"200": answered(answer)} | {status: status for status in (*READ, *also)},
    }


def sent(schema: Schema | Json, example: Json) -> Json:
    return {"schema": schema, "examples": {"example": {"value": example}}}


def answered(schema: Schema | Json) -> Json:
    return {"description": "Answered.", "content": {"application/json": {"schema": schema}}}


def stored(schema: Schema | Json) -> Json:
    return answered(schema) | {"headers": {"Idempotency-Replayed": REPLAYED}}


def refusal(description: str) -> Json:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": "Problem"}}}
