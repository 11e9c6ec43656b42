"""POST /v1/<product>/scores and /v1/<product>/scores/batch."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, make_response
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError

from riskscore.api.bodies import as_object, read_object
from riskscore.api.exchange import elapsed_ms, language
from riskscore.api.problems import problem_of
from riskscore.api.schemas import REFERENCE, BatchForm
from riskscore.api.served import Served, served_as
from riskscore.decision.scoring import Assessment, assess_applications
from riskscore.errors import InvalidApplication, RequestError
from riskscore.product.application import Application
from riskscore.product.fields import by_path
from riskscore.product.moments import microseconds, rfc3339

bp = Blueprint("scores", __name__, url_prefix="/v1")
batch_form = BatchForm()
REFERENCE_FORM = re.compile(REFERENCE)

Json = dict[str, Any]


@bp.post("/<slug>/scores")
def create_score(slug: str) -> ResponseReturnValue:
    served = served_as(slug)
    application = read_application(served.schema, read_object())
    return answered(answers(served, [application])[0])


@bp.post("/<slug>/scores/batch")
def create_scores(slug: str) -> ResponseReturnValue:
    served = served_as(slug)
    rows = load(batch_form, read_object())["applications"]
    read = [read_or_refuse(served.schema, row) for row in rows]
    scored = iter(answers(served, [each for each in read if isinstance(each, Application)]))
    results = [next(scored) if isinstance(each, Application) else each for each in read]
    return answered({"results": results})


def read_application(schema: Schema, sent: object) -> Application:
    """Judge one application.

    Raises:
        UnreadableBody: It is no object.
        InvalidApplication: It breaks the schema.
    """
    application: Application = load(schema, as_object(sent))
    return application


def load(schema: Schema, sent: Json) -> Any:
    try:
        return schema.load(sent)
    except ValidationError as error:
        raise InvalidApplication(by_path(error.messages)) from None


def read_or_refuse(schema: Schema, sent: object) -> Application | Json:
    try:
        return read_application(schema, sent)
    except RequestError as error:
        return {"reference": reference_in(sent), "problem": problem_of(error)}


def reference_in(sent: object) -> str | None:
    """Find the reference of a refused application, if it has a valid one."""
    reference = sent.get("reference") if isinstance(sent, dict) else None
    valid = isinstance(reference, str) and REFERENCE_FORM.fullmatch(reference)
    return reference if valid else None


def answers(served: Served, applications: Sequence[Application]) -> list[Json]:
    """Score applications in one go: row by row would cost the model's overhead each time."""
    g.product, g.scored = served.bundle.product.name, len(applications)
    if not applications:
        return []
    assessed = assess_applications(served.bundle, applications, language=language())
    said = {"scored_at": rfc3339(microseconds(datetime.now(UTC))), "elapsed_ms": elapsed_ms()}
    return [
        answer(served, application, assessment) | said
        for application, assessment in zip(applications, assessed, strict=True)
    ]


def answer(served: Served, application: Application, assessment: Assessment) -> Json:
    bundle = served.bundle
    return {
        "reference": application.reference,
        "product": bundle.product.name,
        "score": assessment.score,
        "probability": assessment.probability,
        "level": assessment.level,
        "recommendation": assessment.recommendation,
        "reasons": assessment.reasons,
        "data_quality": assessment.data_quality,
        "coverage": assessment.coverage,
        "model": {"version": bundle.version, "sha256": bundle.sha256},
    }


def answered(content: Json) -> ResponseReturnValue:
    response = make_response(content)
    response.content_language.add(language())
    response.vary.add("Accept-Language")
    return response
