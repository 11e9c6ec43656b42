"""POST /v1/<product>/scores and /v1/<product>/scores/batch."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from flask import Blueprint
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError
from orjson import Fragment

from riskscore.access.caller import Caller
from riskscore.api.auth import allowed, limits_of
from riskscore.api.bodies import PLAIN, as_object, read_object, written
from riskscore.api.exchange import Secured, at_hand
from riskscore.api.problems import problem_of
from riskscore.api.repeats import answer_once, repeatable, results_once
from riskscore.api.schemas import BatchForm
from riskscore.api.served import Served, served_as
from riskscore.decision.ledger import (
    TOGETHER,
    Decided,
    answer_of,
    check_moment,
    decide,
    writes,
)
from riskscore.decision.once import Said, Telling, decide_once
from riskscore.errors import (
    AskedAboutTooOften,
    InvalidApplication,
    RequestError,
    StoreUnavailable,
    TooManyRequests,
)
from riskscore.history.kept import Repeatable
from riskscore.history.quotas import Limits
from riskscore.product.application import REFERENCE, Application
from riskscore.product.fields import by_path
from riskscore.product.moments import now, rfc3339
from riskscore.rounds import together

bp = Blueprint("scores", __name__, url_prefix="/v1")
batch_form = BatchForm()
REFERENCE_FORM = re.compile(REFERENCE)

Json = dict[str, Any]


class Asking(NamedTuple):
    """Who wants to know something of a product, and in which language."""

    served: Served
    caller: Caller
    spoken: str
    limits: Limits | None


def asking_of(served: Served) -> Asking:
    """Take up who asks.

    Raises:
        Forbidden: They may not ask about this product.
    """
    caller = allowed(f"score:{served.bundle.product.name}")
    return Asking(served, caller, at_hand().language(), limits_of(caller))


def count(served: Served, number: int) -> None:
    """Note for the log what is scored, and how many."""
    exchange = at_hand()
    exchange.product, exchange.scored = served.bundle.product.name, number


@bp.post("/<slug>/scores")
def create_score(slug: str) -> ResponseReturnValue:
    served = served_as(slug)
    asking = asking_of(served)
    body = read_object()
    sent = repeatable(body, asking.spoken)
    if sent:
        act = partial(said_once, asking, sent)
        return answered(answer_once(partial(read_application, served, body), act), asking.spoken)
    application = read_application(served, body)
    count(served, 1)
    [said] = answers(asking, [application])
    if isinstance(said, AskedAboutTooOften):
        raise said
    return answered(said, asking.spoken)


@bp.post("/<slug>/scores/batch")
def create_scores(slug: str) -> ResponseReturnValue:
    """Answer row by row: each is scored or refused on its own, as if sent in this order.

    The rows are stored chunk by chunk, each chunk in one transaction, so that other callers need
    not wait for a thousand. When the store fails, the chunks before it are kept.
    """
    served = served_as(slug)
    asking = asking_of(served)
    body = read_object()
    sent = repeatable(body, asking.spoken)
    rows = load(batch_form, body)["applications"]
    read = [read_or_refuse(served, row) for row in rows]
    good = [each for each in read if isinstance(each, Application)]
    count(served, len(good))
    if sent:
        act = partial(said_once, asking, sent)
        results = results_once(read, TOGETHER, act, named)
        return answered({"results": results}, asking.spoken)
    scored = iter(answers_or_problems(asking, good))
    results = [next(scored) if isinstance(each, Application) else each for each in read]
    return answered({"results": results}, asking.spoken)


def read_application(served: Served, sent: object) -> Application:
    """Judge one application.

    Raises:
        UnreadableBody: It is no object.
        InvalidApplication: It breaks the schema, or lies in the future.
    """
    body = as_object(sent)
    application: Application = served.admission(body) or load(served.schema, body)
    check_moment(application, served.judge.store)
    return application


def load(schema: Schema, sent: Json) -> Any:
    try:
        return schema.load(sent)
    except ValidationError as error:
        raise InvalidApplication(by_path(error.messages)) from None


def read_or_refuse(served: Served, sent: object) -> Application | Json:
    try:
        return read_application(served, sent)
    except RequestError as error:
        return {"reference": reference_in(sent), "problem": problem_of(error)}


def reference_in(sent: object) -> str | None:
    """Find the reference of a refused application, if it has a valid one."""
    reference = sent.get("reference") if isinstance(sent, dict) else None
    valid = isinstance(reference, str) and REFERENCE_FORM.fullmatch(reference)
    return reference if valid else None


def answers_or_problems(asking: Asking, applications: Sequence[Application]) -> list[Json]:
    """Answer chunk by chunk; once the store fails, the rest is told so without trying."""
    results: list[Json] = []
    for chunk in chunks(applications):
        try:
            said = answers(asking, chunk)
        except (StoreUnavailable, TooManyRequests) as error:
            left = applications[len(results) :]
            return [*results, *(refused(each, error) for each in left)]
        results += [
            refused(sent, each) if isinstance(each, AskedAboutTooOften) else each
            for sent, each in zip(chunk, said, strict=True)
        ]
    return results


def refused(application: Application, error: RequestError) -> Json:
    return named(application) | {"problem": problem_of(error)}


def named(application: Application) -> Json:
    return {"reference": application.reference}


def chunks(applications: Sequence[Application]) -> Iterator[Sequence[Application]]:
    for start in range(0, len(applications), TOGETHER):
        yield applications[start : start + TOGETHER]


def answers(asking: Asking, applications: Sequence[Application]) -> list[Json | AskedAboutTooOften]:
    """Decide in one go, with what others ask at the same time: each alone would cost more."""
    served, caller, spoken, limits = asking
    act = partial(decide, served.judge, tenant=caller.tenant, language=spoken, limits=limits)
    writing = writes(applications, limits)  # who only reads need not wait for who writes
    key = (served.bundle.product.name, caller.tenant, spoken, limits, writing)
    decided = together(key, act, applications, most=TOGETHER)
    said = {"scored_at": rfc3339(now()), "elapsed_ms": at_hand().elapsed_ms()}
    return [
        each if isinstance(each, AskedAboutTooOften) else answer(served, sent, each) | said
        for sent, each in zip(applications, decided, strict=True)
    ]


def said_once(
    asking: Asking, sent: Repeatable, rows: Mapping[int, Application | None]
) -> Mapping[int, Said | RequestError]:
    """Answer rows by place, but for those answered before under the key."""
    served, caller, spoken, limits = asking

    def say(application: Application, decided: Decided) -> bytes:
        said = {"scored_at": rfc3339(now()), "elapsed_ms": at_hand().elapsed_ms()}
        return written(answer(served, application, decided) | said)

    if at_hand().scored is None:
        count(served, 1)
    told = Telling(tenant=caller.tenant, language=spoken, limits=limits, say=say)
    return decide_once(served.judge, rows, sent, told)


def answer(served: Served, application: Application, decided: Decided) -> Json:
    bundle, assessment = served.bundle, decided.assessment
    kept = {"decision_id": str(decided.decision_id)} if decided.decision_id else {}
    return kept | {
        "reference": application.reference,
        "product": bundle.product.name,
        "score": assessment.score,
        "probability": assessment.probability,
        **answer_of(assessment),
        "model": {"version": bundle.version, "sha256": bundle.sha256},
    }


def answered(content: Json | Fragment, spoken: str) -> ResponseReturnValue:
    headers = {"Content-Language": spoken, "Vary": "Accept-Language"}
    return Secured(written(content), headers=headers, mimetype=PLAIN)
