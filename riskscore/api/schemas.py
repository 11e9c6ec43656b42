"""Request schemas, derived from product declarations.

They judge a request and describe it in the API document; there is no second idea of what is valid.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, assert_never

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validates_schema

from riskscore.api import examples
from riskscore.product.application import PURPOSES, REFERENCE, REFERENCE_RULE, Application
from riskscore.product.fields import (
    UNDECLARED,
    Identifier,
    Moment,
    Strict,
    StrictFlag,
    StrictInteger,
    StrictNumber,
    Word,
    expecting,
)
from riskscore.product.form import Text
from riskscore.product.identifiers import MAX_LENGTH
from riskscore.product.moments import microseconds
from riskscore.product.spec import Category, Entity, Flag, Input, Integer, Number, Product
from riskscore.product.values import expected

MOST = 1_000  # applications in one batch

Json = dict[str, Any]


class Table(Strict):
    """Named values: the fields are made with ``data_key``, because a column's name may be any."""

    @post_load
    def by_name(self, loaded: Json, **_: object) -> Json:
        """Give the values under their names, those that are null left out."""
        return {
            str(self.fields[key].data_key): value
            for key, value in loaded.items()
            if value is not None
        }


class ApplicationForm(Strict):
    """One application; ``application_schema`` adds what its product declares."""

    reference = Text(
        REFERENCE_RULE,
        REFERENCE,
        required=True,
        metadata={
            "description": "The caller's own id of this application, no personal data.",
            "minLength": 1,
            "maxLength": 128,
            "pattern": r"^[^\u0000-\u001F\u007F-\u009F]*$",
        },
    )
    occurred_at = Moment(
        load_default=lambda: microseconds(datetime.now(UTC)),
        metadata={"description": "When it happened; now, if not sent.", "format": "date-time"},
    )
    purpose = Word(
        PURPOSES,
        load_default="onboard",
        metadata={
            "description": "Why it is scored: onboard and backfill count as history, test leaves "
            "no trace.",
            "enum": list(PURPOSES),
        },
    )

    @pre_load
    def open_tables(self, sent: Json, **_: object) -> Json:
        """Look into a table that was not sent too, so that every required name is reported."""
        return {"entities": {}, "since": {}, "features": {}, **sent}

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def accompanied(self, _: Json, sent: Any, **__: object) -> None:
        """Let ``since`` only speak of an entity that is there."""
        entities, since = sent.get("entities"), sent.get("since")
        if isinstance(entities, Mapping) and isinstance(since, Mapping):
            alone = [
                name
                for name, moment in islice(since.items(), UNDECLARED)
                if moment is not None and entities.get(name) is None
            ]
            if alone:
                reason = "expected only beside an identifier in entities"
                raise ValidationError({"since": {name: [reason] for name in alone}})

    @post_load
    def make(self, loaded: Json, **_: object) -> Application:
        return Application(**loaded)


class BatchForm(Strict):
    """The envelope of a batch; each application in it is judged on its own."""

    applications = fields.List(
        fields.Raw(allow_none=True),  # refused on its own, like any other that is no object
        required=True,
        error_messages=expecting(f"a list of 1 to {MOST:,} applications"),
    )

    @validates_schema
    def bounded(self, loaded: Json, **_: object) -> None:
        if not 1 <= len(loaded["applications"]) <= MOST:
            raise ValidationError(f"expected 1 to {MOST:,} applications", "applications")


def application_schema(product: Product) -> Schema:
    """Build the schema of one application; it loads ``Application``."""
    title = "".join(each.title() for each in product.name.split("_"))
    entities = {each.name: entity_field(each) for each in product.entities}
    since = {each.name: since_field(each) for each in product.entities}
    features = {each.name: request_field(each) for each in product.inputs}
    return ApplicationForm.from_dict(
        {
            "entities": table(f"{title}Entities", entities, "Identifiers, by name."),
            "since": table(
                f"{title}Since", since, "From when an identifier belongs to its present holder."
            ),
            "features": table(f"{title}Features", features, "What is known, by name."),
        },
        name=f"{title}Application",
    )()


def table(name: str, columns: Mapping[str, fields.Field], doc: str) -> fields.Nested:
    """Nest named fields; required where one of them is."""
    for column, field in columns.items():
        field.data_key = column
    schema = Table.from_dict(
        {f"c{place}": field for place, field in enumerate(columns.values())}, name=name
    )
    return fields.Nested(
        schema(),
        required=any(each.required for each in columns.values()),
        error_messages=expecting("an object") | {"type": "expected an object"},
        metadata={"description": doc},
    )


def entity_field(entity: Entity) -> fields.Field:
    return Identifier(
        entity.format,
        required=entity.required,
        allow_none=not entity.required,
        metadata={
            "description": entity.doc,
            "minLength": 1,
            "maxLength": MAX_LENGTH,
            "x-format": entity.format,
            "examples": [examples.identifier(entity)],
        },
    )


def since_field(entity: Entity) -> fields.Field:
    return Moment(
        or_date=True,
        allow_none=True,
        metadata={
            "description": f"From when {entity.name} belongs to its present holder.",
            "anyOf": [{"format": "date"}, {"format": "date-time"}],
        },
    )


def request_field(feature: Input) -> fields.Field:
    """Judge the values of one input as ``riskscore.product.values.accepts`` does."""
    more: Json = {"required": not feature.missing, "allow_none": feature.missing}
    about = described(feature)
    match feature:
        case Number(low=low, high=high):
            bounds = {"minimum": low, "maximum": high}
            return StrictNumber(expected(feature), low, high, metadata=about | bounds, **more)
        case Integer(low=low, high=high):
            bounds = {"minimum": low, "maximum": high}
            return StrictInteger(expected(feature), low, high, metadata=about | bounds, **more)
        case Flag():
            return StrictFlag(metadata=about, **more)
        case Category(values=words):
            enum = [*words, None] if feature.missing else [*words]
            return Word(words, metadata=about | {"enum": enum}, **more)
        case _:
            assert_never(feature)


def described(feature: Input) -> Json:
    words = {"description": feature.doc, "x-unit": feature.unit, "x-group": feature.group}
    kept: Json = {key: word for key, word in words.items() if word}
    return kept | {"examples": [examples.value(feature)]}
