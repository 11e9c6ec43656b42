"""What we answer, described for the API document."""

from typing import get_args

from marshmallow import EXCLUDE, Schema, fields

from riskscore.api.problems import PROBLEMS
from riskscore.model.scale import HIGHEST, LOWEST, Level, Recommendation
from riskscore.product.application import Purpose
from riskscore.product.outcome import Status
from riskscore.product.past import GapCode

SHOWN = {"type": ["string", "number", "boolean", "null"]}


class Answer(Schema):
    """An object that may gain members in a later version."""

    class Meta:
        unknown = EXCLUDE


class Reason(Answer):
    code = fields.String(required=True)
    contribution = fields.Float(
        required=True, metadata={"description": "How much it raised the log-odds."}
    )
    text = fields.String(required=True)
    features = fields.Dict(
        required=True,
        metadata={
            "description": "The values behind it; null where missing.",
            "additionalProperties": SHOWN,
        },
    )
    shared = fields.List(
        fields.String(),
        metadata={
            "description": "Those of the features that rest on another tenant's history, by a "
            "sharing agreement: a band is told in place of the value; absent where none does."
        },
    )


class Gap(Answer):
    code = fields.String(required=True, metadata={"enum": list(get_args(GapCode))})
    feature = fields.String(required=True)


class Model(Answer):
    version = fields.String(required=True)
    sha256 = fields.String(required=True, metadata={"description": "Of the bundle's manifest."})


class TakenBy(Answer):
    """The thresholds that a decision was taken by."""

    by = fields.String(
        required=True, metadata={"description": "The protected input that they go by."}
    )
    group = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Whose they are; null for the common ones, by which everybody goes "
            "whose group is not known or has none of its own."
        },
    )
    review_score = fields.Integer(required=True, metadata={"minimum": LOWEST, "maximum": HIGHEST})
    block_score = fields.Integer(required=True, metadata={"minimum": LOWEST, "maximum": HIGHEST})


class Score(Answer):
    decision_id = fields.String(
        metadata={
            "format": "uuid",
            "description": "Of the stored decision; absent where nothing was stored.",
        }
    )
    reference = fields.String(required=True)
    product = fields.String(required=True)
    score = fields.Integer(
        required=True,
        metadata={
            "minimum": LOWEST,
            "maximum": HIGHEST,
            "description": "500 is where review starts, unless thresholds says otherwise; every "
            "50 points double the odds.",
        },
    )
    probability = fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})
    level = fields.String(required=True, metadata={"enum": list(get_args(Level))})
    recommendation = fields.String(required=True, metadata={"enum": list(get_args(Recommendation))})
    reasons = fields.List(
        fields.Nested(Reason()),
        required=True,
        metadata={"description": "What raised the risk, largest first.", "maxItems": 4},
    )
    data_quality = fields.List(
        fields.Nested(Gap()), required=True, metadata={"description": "What was not known."}
    )
    coverage = fields.Float(
        required=True,
        metadata={
            "minimum": 0,
            "maximum": 1,
            "description": "Share of what usually moves the model that was known.",
        },
    )
    thresholds = fields.Nested(
        TakenBy(),
        metadata={
            "description": "The scores from which it was to review and to block; there only where "
            "the model has thresholds by group, else review starts at 500."
        },
    )
    model = fields.Nested(Model(), required=True)
    scored_at = fields.String(required=True, metadata={"format": "date-time"})
    elapsed_ms = fields.Float(
        required=True, metadata={"minimum": 0, "description": "Of the whole call."}
    )


class Decision(Score):
    """A stored answer, with what it was made from."""

    class Meta(Answer.Meta):
        exclude = ("elapsed_ms",)

    purpose = fields.String(required=True, metadata={"enum": list(get_args(Purpose))})
    occurred_at = fields.String(required=True, metadata={"format": "date-time"})
    margin = fields.Float(required=True, metadata={"description": "Raw log-odds of the model."})
    features = fields.Dict(
        required=True,
        metadata={
            "description": "As served: what was sent, and the history and derived columns.",
            "additionalProperties": SHOWN,
        },
    )


class Decisions(Answer):
    decisions = fields.List(
        fields.Nested(Decision()), required=True, metadata={"description": "Oldest first."}
    )


class Receipt(Answer):
    """An outcome that was stored."""

    product = fields.String(required=True)
    reference = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": list(get_args(Status))})
    known_at = fields.String(required=True, metadata={"format": "date-time"})
    received_at = fields.String(required=True, metadata={"format": "date-time"})


class Problem(Answer):
    type = fields.String(
        required=True,
        metadata={
            "description": "Stable; about:blank where the status says it all.",
            "examples": [f"/problems/{each.slug}" for each in PROBLEMS.values()],
        },
    )
    title = fields.String(required=True)
    status = fields.Integer(required=True, metadata={"minimum": 400, "maximum": 599})
    detail = fields.String()
    errors = fields.Dict(
        metadata={
            "description": "Path of each bad field -> reasons.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        }
    )


class Refused(Answer):
    reference = fields.String(
        required=True, allow_none=True, metadata={"description": "null where it was not valid."}
    )
    problem = fields.Nested(Problem(), required=True)


class RefusedOutcome(Answer):
    problem = fields.Nested(Problem(), required=True)


class Summary(Answer):
    product = fields.String(required=True)
    title = fields.String(required=True)
    version = fields.Integer(required=True)
    scores = fields.String(required=True, metadata={"description": "Path to POST to."})
    model = fields.Nested(Model(), required=True)


class Products(Answer):
    products = fields.List(fields.Nested(Summary()), required=True)


class Part(Answer):
    name = fields.String(required=True)


class Declaration(Answer):
    product = fields.String(required=True)
    title = fields.String(required=True)
    version = fields.Integer(required=True)
    entities = fields.List(fields.Nested(Part()), required=True)
    features = fields.List(fields.Nested(Part()), required=True)
    history = fields.List(fields.Nested(Part()), required=True)
    derived = fields.List(fields.Nested(Part()), required=True)


class Alive(Answer):
    status = fields.String(required=True)


class Ready(Alive):
    models = fields.Dict(
        required=True,
        metadata={
            "description": "Product -> version served.",
            "additionalProperties": {"type": "string"},
        },
    )
