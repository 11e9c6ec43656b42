"""What a bank is told when its score rests on a telecom's history, and when it may not any more."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from riskscore.api.examples import application as example
from riskscore.api.served import EXTENSION, Service
from riskscore.app import create_app
from riskscore.decision.ledger import Decided, decide, find_decision
from riskscore.history.reads import Reader
from riskscore.history.retention import forget
from riskscore.history.schema import entity, event
from riskscore.history.subjects import find_subject
from riskscore.product.application import Application
from riskscore.product.moments import now
from riskscore.settings import Settings

TERMS = """
[[agreement]]
name = "sims"
gives = "telecom"
gets = "bank"
product = "sim_registration"
measures = ["count", "confirmed", "distinct"]
windows = ["7d", "30d", "90d"]
purpose = "tests"
legal_basis = "tests"
from = 2000-01-01
until = 2999-01-01
"""
LOOKED_AT = "sims_by_document_7d"
YEAR = 365 * 86_400_000_000


@pytest.fixture
def agreements(tmp_path: Path) -> Path:
    path = tmp_path / "agreements.toml"
    path.write_text(TERMS)
    return path


@pytest.fixture
def service(store_settings: Settings, built_in_models: Path, agreements: Path) -> Iterator[Service]:
    whole = replace(store_settings, known_since=0, models=built_in_models, agreements=agreements)
    held: Service = create_app(whole).extensions[EXTENSION]
    held.store.source.complete("telecom", "bank", "stranger", "agreement sims")
    with closing(held.store):
        yield held


def sent(service: Service, product: str, reference: str) -> Application:
    """Make an application of the one document that all of these have."""
    declared = service.products[product].bundle.product
    return Application(
        reference=reference,
        occurred_at=now(),
        purpose="onboard",
        entities={"id_document": "THNID1"},
        since={},
        features=example(declared)["features"],
    )


def answered(service: Service, tenant: str, product: str, reference: str) -> Decided:
    judge = service.products[product].judge
    application = sent(service, product, reference)
    [decided] = decide(judge, [application], tenant=tenant, language="en")
    assert isinstance(decided, Decided)
    return decided


def told(service: Service, tenant: str, decided: Decided) -> Mapping[str, Any]:
    return find_decision(service.store, str(decided.decision_id), reader=Reader(tenant, "test"))


def gap_of(decided: Decided, feature: str) -> str | None:
    return {each.feature: each.code for each in decided.assessment.data_quality}.get(feature)


def register_seven(service: Service) -> None:
    for number in range(7):
        answered(service, "telecom", "sim_registration", f"sim-{number}")


def test_a_bank_sees_a_telecoms_history_and_is_told_bands(service: Service) -> None:
    register_seven(service)

    decided = answered(service, "bank", "account_opening", "account")

    column = service.products["account_opening"].bundle.product.columns
    place = [each.name for each in column].index(LOOKED_AT)
    assert decided.assessment.exact[place] == 7
    assert told(service, "bank", decided)["features"][LOOKED_AT] == "3 to 9"
    for reason in decided.assessment.reasons:
        partly = [name for name in reason.features if name in decided.assessment.shared]
        assert all(isinstance(reason.features[name], str | None) for name in partly)
        assert reason.text.endswith("(with a partner's history)") == bool(partly)


def test_another_bank_sees_nothing_of_it(service: Service) -> None:
    register_seven(service)

    decided = answered(service, "stranger", "account_opening", "account")

    assert told(service, "stranger", decided)["features"][LOOKED_AT] == 0


def test_a_withdrawn_agreement_means_unknown_from_the_next_request_on(
    service: Service, agreements: Path
) -> None:
    register_seven(service)
    answered(service, "bank", "account_opening", "before")

    agreements.write_text(TERMS + "withdrawn = 2020-01-01\n")
    decided = answered(service, "bank", "account_opening", "after")

    assert gap_of(decided, LOOKED_AT) == "HISTORY_NOT_SHARED"
    assert told(service, "bank", decided)["features"][LOOKED_AT] is None


def test_a_file_that_breaks_shares_nothing(service: Service, agreements: Path) -> None:
    register_seven(service)

    agreements.write_text("[[agreement]")
    decided = answered(service, "bank", "account_opening", "account")

    assert gap_of(decided, LOOKED_AT) == "HISTORY_NOT_SHARED"


def test_a_telecom_does_not_see_the_banks_half(service: Service) -> None:
    answered(service, "bank", "account_opening", "account")

    decided = answered(service, "telecom", "sim_registration", "sim")

    features = told(service, "telecom", decided)["features"]
    assert features["accounts_by_document_7d"] == 0


def test_who_is_forgotten_is_forgotten_by_partners_too(service: Service) -> None:
    register_seven(service)
    declared = service.products["sim_registration"].bundle.product
    [kind] = [each for each in declared.entities if each.name == "id_document"]

    numbers = find_subject(service.store, kind, "THNID1")
    for _ in forget(service.store, [*numbers.values()]):
        pass

    decided = answered(service, "bank", "account_opening", "account")
    assert told(service, "bank", decided)["features"][LOOKED_AT] == "0 to 2"
    with service.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(event)) == 1
        assert set(connection.scalars(select(entity.c.tenant))) == {"bank"}
