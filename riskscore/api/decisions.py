"""GET /v1/decisions/<id> and /v1/decisions?reference=."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from riskscore.api.auth import allowed
from riskscore.api.scores import REFERENCE_FORM
from riskscore.api.served import service
from riskscore.decision.ledger import find_decision, find_decisions
from riskscore.errors import InvalidQuery
from riskscore.history.reads import Reader

bp = Blueprint("decisions", __name__, url_prefix="/v1/decisions")


def reader() -> Reader:
    """Say who reads.

    Raises:
        Forbidden: They may not.
    """
    caller = allowed("decisions:read")
    return Reader(caller.tenant, caller.name)


@bp.get("/<decision_id>")
def show_decision(decision_id: str) -> ResponseReturnValue:
    return find_decision(service().store, decision_id, reader=reader())


@bp.get("")
def list_decisions() -> ResponseReturnValue:
    """List the decisions of one reference, oldest first; none is an empty list.

    Raises:
        InvalidQuery: The reference is not there, or malformed.
    """
    who = reader()
    reference = request.args.get("reference", "")
    if not REFERENCE_FORM.fullmatch(reference):
        raise InvalidQuery({"reference": ["required: expected 1 to 128 characters"]})
    return {"decisions": find_decisions(service().store, reference, reader=who)}
