"""API6:2023 Unrestricted access to business flows: nobody fishes for a person's history."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from riskscore.settings import Settings
from tests.clients import served
from tests.owasp.conftest import SCORES, application
from tests.owasp.keyed import closed, key_for

Header = dict[str, str]
QUOTA = 3


@pytest.fixture
def asking(models: Path, tmp_path: Path) -> Settings:
    return closed(models, tmp_path, entity_quota=QUOTA)


@pytest.fixture
def keys(asking: Settings) -> list[Header]:
    """Two keys of one tenant, and one of another."""
    own = [key_for(asking, "bank", name=name) for name in ("one", "two")]
    return [*own, key_for(asking, "telecom")]


@pytest.fixture
def door(asking: Settings, keys: list[Header]) -> Iterator[FlaskClient]:
    """A service at which somebody's quota is used up but for one."""
    with served(asking) as client:
        for number in range(QUOTA - 1):
            assert ask(client, keys[0], reference=f"used-{number}") == 200
        yield client


def ask(door: FlaskClient, key: Header, **change: Any) -> int:
    return door.post(SCORES, json=application(**change), headers=key).status_code


def test_who_asks_on_is_told_to_wait(door: FlaskClient, keys: list[Header]) -> None:
    assert ask(door, keys[0], reference="last") == 200

    refused = door.post(SCORES, json=application(reference="more"), headers=keys[0])

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_a_second_key_begins_no_second_quota(door: FlaskClient, keys: list[Header]) -> None:
    assert ask(door, keys[1], reference="last") == 200

    assert ask(door, keys[1], reference="more") == 429


@pytest.mark.parametrize("purpose", ["test", "rescreen", "backfill", "onboard"])
def test_no_purpose_goes_around_it(door: FlaskClient, keys: list[Header], purpose: str) -> None:
    ask(door, keys[0], reference="last", purpose=purpose)

    assert ask(door, keys[0], reference="more", purpose=purpose) == 429


@pytest.mark.parametrize(
    "document", ["th-nid-1101700203451", "TH NID 1101700203451", " TH-NID-1101700203451 "]
)
def test_no_spelling_goes_around_it(door: FlaskClient, keys: list[Header], document: str) -> None:
    ask(door, keys[0], reference="last")

    assert ask(door, keys[0], reference="more", entities={"document": document}) == 429


def test_one_identifier_beside_others_still_counts(door: FlaskClient, keys: list[Header]) -> None:
    ask(door, keys[0], reference="last")
    fresh = application()["entities"] | {"document": "TH-NID-3100600112233"}

    assert ask(door, keys[0], reference="more", entities=fresh) == 429


def test_a_batch_asks_no_more_than_its_rows(door: FlaskClient, keys: list[Header]) -> None:
    rows = [application(reference=f"row-{number}") for number in range(4)]

    answer = door.post(f"{SCORES}/batch", json={"applications": rows}, headers=keys[0]).get_json()

    assert ["problem" in each for each in answer["results"]] == [False, True, True, True]


def test_what_one_tenant_asks_takes_nothing_from_another(
    door: FlaskClient, keys: list[Header]
) -> None:
    ask(door, keys[0], reference="last")

    assert ask(door, keys[2], reference="theirs") == 200
