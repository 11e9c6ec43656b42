"""Request schemas of outcomes."""

from typing import Any, get_args

from marshmallow import ValidationError, fields, post_load, validates_schema

from riskscore.product.application import REFERENCE
from riskscore.product.fields import Moment, Strict, StrictInteger, StrictNumber, Word, expecting
from riskscore.product.form import Text
from riskscore.product.moments import now
from riskscore.product.outcome import LABELS, Outcome, Source, Status

MOST = 1_000  # outcomes in one batch
SNAKE = r"[a-z][a-z0-9_]{0,63}"
STATUSES: tuple[str, ...] = get_args(Status)
SOURCES: tuple[str, ...] = get_args(Source)
LARGEST = 1e15

Json = dict[str, Any]


def word(doc: str) -> Text:
    """A word of the organisation's own; free text would invite personal data."""
    return Text(
        "a word in lower snake case",
        SNAKE,
        allow_none=True,
        metadata={"description": doc, "pattern": f"^{SNAKE}$"},
    )


class OutcomeForm(Strict):
    """What was found out about one application."""

    decision_id = fields.UUID(
        error_messages=expecting("the id of a decision"),
        metadata={"description": "Of any decision about the application; or else the next two."},
    )
    product = word("Of the application, as in its answers.")
    reference = Text(
        "1 to 128 characters without control characters",
        REFERENCE,
        metadata={"description": "Of the application.", "minLength": 1, "maxLength": 128},
    )
    status = Word(
        STATUSES,
        required=True,
        metadata={
            "description": "confirmed: it was fraud; cleared: it was not; disputed, retracted: "
            "what was said before does not stand.",
            "enum": list(STATUSES),
        },
    )
    label = StrictInteger(
        "1 for confirmed, 0 for cleared, else none",
        0,
        1,
        allow_none=True,
        metadata={"description": "Follows from the status, with which it must agree."},
    )
    role = word("Of the person, such as complicit or deceived.")
    source = Word(
        SOURCES,
        required=True,
        metadata={"description": "How it is known.", "enum": list(SOURCES)},
    )
    known_at = Moment(
        load_default=now,
        metadata={"description": "When it was known; now, if not sent.", "format": "date-time"},
    )
    fraud_from = Moment(
        allow_none=True,
        metadata={"description": "When the fraud began.", "format": "date-time"},
    )
    amount = StrictNumber(
        "an amount from 0 to 1e15",
        0,
        LARGEST,
        allow_none=True,
        metadata={"description": "Of the damage.", "minimum": 0, "maximum": LARGEST},
    )
    looked_because = word("Why anybody looked, such as rule_hit or complaint.")

    @validates_schema(skip_on_field_errors=True)
    def consistent(self, loaded: Json, **_: object) -> None:
        named = loaded.get("product") is not None and "reference" in loaded
        partly = loaded.get("product") is not None or "reference" in loaded
        if ("decision_id" in loaded) == partly or partly != named:
            raise ValidationError("expected this, or product and reference", "decision_id")
        if "label" in loaded and loaded["label"] != LABELS[loaded["status"]]:
            raise ValidationError("expected 1 for confirmed, 0 for cleared, else none", "label")

    @post_load
    def make(self, loaded: Json, **_: object) -> Outcome:
        return Outcome(**{name: each for name, each in loaded.items() if name != "label"})


class OutcomeBatchForm(Strict):
    """The envelope of a batch; each outcome in it is judged on its own."""

    outcomes = fields.List(
        fields.Raw(allow_none=True),  # refused on its own, like any other that is no object
        required=True,
        error_messages=expecting(f"a list of 1 to {MOST:,} outcomes"),
    )

    @validates_schema
    def bounded(self, loaded: Json, **_: object) -> None:
        if not 1 <= len(loaded["outcomes"]) <= MOST:
            raise ValidationError(f"expected 1 to {MOST:,} outcomes", "outcomes")
