"""POST /v1/outcomes: one, or a batch in ``{"outcomes": [...]}``."""

from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError

from riskscore.api.auth import allowed
from riskscore.api.bodies import PLAIN, as_object, read_object, written
from riskscore.api.outcome_form import OutcomeBatchForm, OutcomeForm
from riskscore.api.problems import problem_of
from riskscore.api.repeats import answer_once, repeatable, results_once
from riskscore.api.served import service
from riskscore.decision.once import Said, accept_once
from riskscore.decision.outcomes import Accepted, accept
from riskscore.errors import InvalidOutcome, RequestError, StoreUnavailable, UnknownReference
from riskscore.history.kept import Repeatable
from riskscore.product.fields import by_path
from riskscore.product.moments import now, rfc3339
from riskscore.product.outcome import Outcome

bp = Blueprint("outcomes", __name__, url_prefix="/v1/outcomes")
form, batch_form = OutcomeForm(), OutcomeBatchForm()
TOGETHER = 100  # outcomes in one transaction; others wait meanwhile

Json = dict[str, Any]


@bp.post("")
def create_outcomes() -> ResponseReturnValue:
    """Store what was found out; of a batch, each is stored or refused on its own."""
    tenant = allowed("outcomes").tenant
    body = read_object()
    sent = repeatable(body, "")
    if sent:
        return created_once(body, sent, tenant)
    if "outcomes" not in body:
        [stored] = accept(service().store, [read_outcome(body)], tenant=tenant)
        if isinstance(stored, RequestError):
            raise stored
        return receipt(stored), HTTPStatus.CREATED
    read = [read_or_refuse(each) for each in load(batch_form, body)["outcomes"]]
    kept = iter(stored_or_refused([each for each in read if isinstance(each, Outcome)], tenant))
    return {"results": [next(kept) if isinstance(each, Outcome) else each for each in read]}


def created_once(body: Json, sent: Repeatable, tenant: str) -> ResponseReturnValue:
    act = partial(accepted_once, sent, tenant)
    if "outcomes" not in body:
        said = answer_once(partial(read_outcome, body), act)
        return Response(written(said), HTTPStatus.CREATED, mimetype=PLAIN)
    read = [read_or_refuse(each) for each in load(batch_form, body)["outcomes"]]
    results = results_once(read, TOGETHER, act, lambda _: {})
    return Response(written({"results": results}), mimetype=PLAIN)


def accepted_once(
    sent: Repeatable, tenant: str, rows: Mapping[int, Outcome | None]
) -> dict[int, Said | UnknownReference]:
    return accept_once(
        service().store, rows, sent, tenant=tenant, say=lambda each: written(receipt(each))
    )


def read_outcome(sent: object) -> Outcome:
    """Judge one outcome.

    Raises:
        UnreadableBody: It is no object.
        InvalidOutcome: It breaks the schema, or speaks of the future.
    """
    outcome: Outcome = load(form, as_object(sent))
    if outcome.known_at > now() + service().store.tolerance:
        raise InvalidOutcome({"known_at": ["expected a moment that is not in the future"]})
    return outcome


def load(schema: Schema, sent: Json) -> Any:
    try:
        return schema.load(sent)
    except ValidationError as error:
        raise InvalidOutcome(by_path(error.messages)) from None


def read_or_refuse(sent: object) -> Outcome | Json:
    try:
        return read_outcome(sent)
    except RequestError as error:
        return {"problem": problem_of(error)}


def stored_or_refused(outcomes: Sequence[Outcome], tenant: str) -> list[Json]:
    """Store chunk by chunk; once the store fails, the rest is told so without trying."""
    results: list[Json] = []
    for start in range(0, len(outcomes), TOGETHER):
        try:
            kept = accept(service().store, outcomes[start : start + TOGETHER], tenant=tenant)
        except StoreUnavailable as error:
            left = len(outcomes) - len(results)
            return [*results, *([{"problem": problem_of(error)}] * left)]
        results += [
            receipt(each) if isinstance(each, Accepted) else {"problem": problem_of(each)}
            for each in kept
        ]
    return results


def receipt(accepted: Accepted) -> Json:
    return {
        "product": accepted.product,
        "reference": accepted.reference,
        "status": accepted.status,
        "known_at": rfc3339(accepted.known_at),
        "received_at": rfc3339(accepted.received_at),
    }
