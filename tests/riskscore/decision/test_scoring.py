"""What an answer says about what it did not know."""

from typing import Any

import numpy as np
import pytest

from riskscore.decision.scoring import Assessment, assess_applications, without_past
from riskscore.model.bundle import Bundle
from riskscore.product.application import Application

FULL: dict[str, Any] = {
    "sims_on_document": 3,
    "liveness score": 0.9,
    "avg.spend": 12.0,
    "channel": "store",
    "load": "light",
    "foreign_document": False,
    "prepaid": True,
}


def application(features: dict[str, Any], **entities: str) -> Application:
    return Application(
        reference="r-1",
        occurred_at=0,
        purpose="test",
        entities={"document": "X1", **entities},
        since={},
        features=features,
    )


def assessed(bundle: Bundle, features: dict[str, Any], **entities: str) -> Assessment:
    [only] = alone(bundle, [application(features, **entities)])
    return only


def alone(bundle: Bundle, rows: list[Application]) -> list[Assessment]:
    past = [without_past(bundle.product, each) for each in rows]
    return assess_applications(bundle, rows, past)


def test_history_that_no_store_can_answer_is_said_to_be_unavailable(bundle: Bundle) -> None:
    found = assessed(bundle, FULL, msisdn="+66812345678")

    assert {(each.code, each.feature) for each in found.data_quality} == {
        ("HISTORY_UNAVAILABLE", "registrations_7d"),
        ("HISTORY_UNAVAILABLE", "phones_30d"),
    }


def test_history_of_an_absent_identifier_is_missing(bundle: Bundle) -> None:
    found = assessed(bundle, FULL)

    assert ("MISSING", "phones_30d") in {(each.code, each.feature) for each in found.data_quality}


def test_a_missing_input_is_named_and_what_is_derived_from_it_is_not(bundle: Bundle) -> None:
    found = assessed(bundle, FULL | {"avg.spend": None})

    named = [each.feature for each in found.data_quality]
    assert "avg.spend" in named
    assert "spend_per_sim" not in named


def test_coverage_falls_with_what_is_missing(bundle: Bundle) -> None:
    full = assessed(bundle, FULL)
    less = assessed(bundle, FULL | {"liveness score": None})

    columns = len(bundle.product.columns)
    assert full.coverage == pytest.approx((columns - 2) / columns)
    assert less.coverage == pytest.approx((columns - 3) / columns)


def test_rows_are_scored_each_on_its_own(bundle: Bundle) -> None:
    rows = [application(FULL | {"sims_on_document": sims}) for sims in (0, 40, 7)]

    together = alone(bundle, rows)

    assert together == [alone(bundle, [row])[0] for row in rows]
    assert together[1].score > together[0].score


def test_a_model_that_nothing_moves_is_fully_covered(bundle: Bundle) -> None:
    still = Bundle(
        **{name: getattr(bundle, name) for name in bundle.__dataclass_fields__}
        | {"importance": np.zeros(len(bundle.product.columns))}
    )

    assert assessed(still, FULL).coverage == 1
