"""Reasons: summed per code, raising only, largest first, true to the values."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskscore.model.reasons import SharedReason, reasons_of, shown, text
from riskscore.product.spec import Product
from riskscore.product.toml import product_from

VALUES = np.array([1234.5, 1.0, 0.0, 1.0, 9.0])


def test_columns_of_one_code_are_one_reason(claim: Product) -> None:
    reasons = reasons_of(claim, np.array([0.2, -0.3, 0.05, 0.9, 1.4]), VALUES)

    assert [(each.code, each.contribution) for each in reasons] == [
        ("CUSTOMER", 1.1),
        ("AMOUNT", 0.2),
    ]
    assert reasons[0].text == "9 claims in 30 days"
    assert reasons[0].features == {"first_claim": True, "claims_30d": 9}


def test_what_lowers_the_risk_is_no_reason(claim: Product) -> None:
    assert not reasons_of(claim, np.array([-2.0, -1.0, 0.09, 3.0, 0.5]), VALUES)


def test_a_missing_value_is_null_and_said_to_be_unknown(claim: Product) -> None:
    missing = np.full(5, np.nan)

    [reason] = reasons_of(claim, np.array([0.5, 0, 0, 0, 0]), missing)

    assert reason.text == "Claimed: not known dollars"
    assert reason.features == {"claimed": None}


def test_texts_follow_the_language_and_fall_back_to_english(claim: Product) -> None:
    claimed, first_claim, carrier, _, _ = claim.columns

    assert text(claimed, shown(claimed, 12.0), "th") == "เรียกร้อง: 12 ดอลลาร์"
    assert text(claimed, shown(claimed, float("nan")), "th") == "เรียกร้อง: ไม่ทราบ ดอลลาร์"
    assert text(first_claim, shown(first_claim, 1.0), "th") == "First claim of this customer: yes"
    assert text(carrier, shown(carrier, 1.0), "en") == "Sent by courier"


shares = arrays(np.float64, 5, elements=st.floats(-5, 5))


@given(shares)
def test_reasons_are_at_most_four_raising_and_in_order(contributions: np.ndarray) -> None:
    claim = product_from(CLAIM_TEXT, "claim.toml")

    found = [each.contribution for each in reasons_of(claim, contributions, VALUES)]

    assert len(found) <= 4
    assert all(each >= 0.1 for each in found)
    assert found == sorted(found, reverse=True)


CLAIM_TEXT = "\n".join(
    [
        'product = "many"\ntitle = "Many"\nversion = 1',
        *(f'[[feature]]\nname = "x{n}"\nkind = "number"\nlow = 0\nhigh = 5000' for n in range(5)),
    ]
)


def test_a_reason_that_rests_on_a_partner_tells_bands_and_says_so(claim: Product) -> None:
    contributions = np.array([0.5678, 0, 0, 0, 0])

    [reason] = reasons_of(claim, contributions, VALUES, shared={"claimed"})

    assert isinstance(reason, SharedReason)
    assert reason.text == "Claimed: 1000 to 3000 dollars (with a partner's history)"
    assert reason.features == {"claimed": "1000 to 3000"}
    assert reason.shared == ["claimed"]
    assert reason.contribution == 0.6


def test_a_reason_beside_it_tells_its_values(claim: Product) -> None:
    contributions = np.array([0.5678, 0, 0, 0, 0])

    [reason] = reasons_of(claim, contributions, VALUES, shared={"carrier"})

    assert not isinstance(reason, SharedReason)
    assert reason.contribution == 0.5678
