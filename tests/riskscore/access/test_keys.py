"""Who holds a key may do what its scopes say, for its tenant, until it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from riskscore.access import door
from riskscore.access.keys import Grant, create, revoke
from riskscore.api.served import EXTENSION, Service
from riskscore.app import create_app
from riskscore.cli import main
from riskscore.errors import ConfigError, UpkeepError
from riskscore.history.engine import file_of, is_sqlite, url_from
from riskscore.history.store import store_from
from riskscore.product.moments import now
from riskscore.settings import Settings

SCORES = "/v1/phone-subscription/scores"
ALL = ("score:*", "outcomes", "decisions:read")
VALID: dict[str, Any] = {
    "reference": "A-1",
    "entities": {"document": "D-1"},
    "features": {"sims_on_document": 2, "channel": "store", "prepaid": True},
}


@contextmanager
def served(settings: Settings) -> Iterator[tuple[FlaskClient, Service]]:
    app = create_app(settings)
    service: Service = app.extensions[EXTENSION]
    try:
        yield app.test_client(), service
    finally:
        service.store.close()


@pytest.fixture
def closed(store_settings: Settings) -> Settings:
    return replace(store_settings, dev=False)


def make(settings: Settings, *scopes: str, **more: Any) -> str:
    """Make a key for some scopes; all, unless told."""
    store = store_from(settings)
    grant = {"name": "desk", "tenant": "default", "scopes": scopes or ALL} | more
    try:
        return create(store, Grant(**grant))
    finally:
        store.close()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_without_any_key_the_service_refuses_to_start(closed: Settings) -> None:
    with pytest.raises(ConfigError, match="riskscore keys create"):
        create_app(closed)


def test_who_holds_a_key_is_answered(closed: Settings) -> None:
    key = make(closed)

    with served(closed) as (client, _):
        response = client.post(SCORES, json=VALID, headers=bearer(key))

    assert response.status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer rsk_aaaaaaaaaa_" + "x" * 43,
        "Bearer rsk_short_x",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
    ],
)
@pytest.mark.parametrize("path", [SCORES, "/v1/decisions/1", "/v1/nothing", "/v1"])
def test_nobody_else_learns_anything(closed: Settings, header: str | None, path: str) -> None:
    make(closed)
    sent = {} if header is None else {"Authorization": header}

    with served(closed) as (client, _):
        response = client.get(path, headers=sent)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert response.get_json()["type"] == "/problems/unauthenticated"


def test_a_wrong_secret_and_an_unknown_key_are_told_the_same(closed: Settings) -> None:
    key = make(closed)
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    unknown = f"rsk_{'a' * 10}_{'x' * 43}"

    with served(closed) as (client, _):
        told = [
            client.post(SCORES, json=VALID, headers=bearer(each)).data for each in (wrong, unknown)
        ]

    assert told[0] == told[1]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/docs"])
def test_health_and_documentation_are_open(closed: Settings, path: str) -> None:
    make(closed)

    with served(closed) as (client, _):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("scope", "method", "path", "allowed"),
    [
        ("score:phone_subscription", "post", SCORES, True),
        ("score:*", "post", SCORES, True),
        ("score:other", "post", SCORES, False),
        ("outcomes", "post", SCORES, False),
        ("outcomes", "post", f"{SCORES}/batch", False),
        ("outcomes", "post", "/v1/outcomes", True),
        ("score:*", "post", "/v1/outcomes", False),
        ("decisions:read", "get", "/v1/decisions?reference=A-1", True),
        ("score:*", "get", "/v1/decisions?reference=A-1", False),
        ("score:*", "get", "/v1/decisions/1", False),
        ("admin", "post", SCORES, True),
    ],
)
def test_a_key_allows_what_its_scopes_say(
    closed: Settings, scope: str, method: str, path: str, *, allowed: bool
) -> None:
    key = make(closed, scope)

    with served(closed) as (client, _):
        response = client.open(path, method=method, json=VALID, headers=bearer(key))

    assert (response.status_code != 403) == allowed
    if not allowed:
        assert response.get_json()["detail"].startswith("expected a key with the scope")


def test_a_revoked_key_opens_no_door(closed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    key = make(closed)
    make(closed, name="other")
    with served(closed) as (client, service):
        assert client.post(SCORES, json=VALID, headers=bearer(key)).status_code == 200

        revoke(service.store, key.split("_")[1])
        monkeypatch.setattr(door, "BELIEVED", 0)

        assert client.post(SCORES, json=VALID, headers=bearer(key)).status_code == 401


def test_an_expired_key_opens_no_door(closed: Settings) -> None:
    make(closed, name="other")
    key = make(closed, expires_at=now() - 1)

    with served(closed) as (client, _):
        assert client.post(SCORES, json=VALID, headers=bearer(key)).status_code == 401


def test_two_keys_of_a_name_may_be_in_use_for_rotation(closed: Settings) -> None:
    first, second = make(closed), make(closed)

    with pytest.raises(UpkeepError, match="2 keys of that name are live"):
        make(closed)
    with served(closed) as (client, _):
        for each in (first, second):
            assert client.post(SCORES, json=VALID, headers=bearer(each)).status_code == 200


def test_no_secret_lies_in_the_database(closed: Settings) -> None:
    key = make(closed)
    url = url_from(closed.database_url)
    if not is_sqlite(url):
        pytest.skip("bytes are searched in a file")

    folder = file_of(url).parent
    held = b"".join(each.read_bytes() for each in folder.glob("riskscore.db*"))

    assert key.split("_")[1].encode() in held
    assert key.split("_", 2)[2].encode() not in held


def test_nobody_sees_what_is_anothers(closed: Settings) -> None:
    ours, theirs = make(closed), make(closed, tenant="bank", name="bank")
    with served(closed) as (client, _):
        made = client.post(SCORES, json=VALID, headers=bearer(ours)).get_json()["decision_id"]
        absent = made[:-1] + ("0" if made[-1] != "0" else "1")

        told = [
            client.get(f"/v1/decisions/{each}", headers=bearer(theirs)) for each in (made, absent)
        ]
        listed = client.get("/v1/decisions?reference=A-1", headers=bearer(theirs)).get_json()
        outcome = {
            "decision_id": made,
            "status": "confirmed",
            "source": "reported",
            "known_at": "2026-01-01T00:00:00Z",
        }
        judged = client.post("/v1/outcomes", json=outcome, headers=bearer(theirs))
        own = client.get(f"/v1/decisions/{made}", headers=bearer(ours))

    assert [each.status_code for each in told] == [404, 404]
    assert told[0].data == told[1].data
    assert listed == {"decisions": []}
    assert judged.status_code == 404
    assert own.status_code == 200


def test_a_key_asks_no_faster_than_it_may(closed: Settings) -> None:
    key = make(closed, name="slow", rate=3)

    with served(closed) as (client, _):
        answers = [client.get("/v1/products", headers=bearer(key)) for _ in range(8)]

    assert [each.status_code for each in answers][:3] == [200] * 3
    refused = answers[-1]
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.get_json()["type"] == "/problems/rate-exceeded"


def test_a_key_asks_no_more_in_a_day_than_it_may(closed: Settings) -> None:
    key = make(closed, quota=3)
    with served(closed) as (client, _):
        sent = [VALID | {"reference": f"r{number}"} for number in range(5)]
        statuses = [
            client.post(SCORES, json=each, headers=bearer(key)).status_code for each in sent
        ]
        refused = client.post(SCORES, json=VALID, headers=bearer(key))
        listed = client.get("/v1/decisions?reference=r4", headers=bearer(key)).get_json()

    assert statuses == [200, 200, 200, 429, 429]
    assert int(refused.headers["Retry-After"]) <= 86_400
    assert refused.get_json()["type"] == "/problems/quota-exceeded"
    assert listed == {"decisions": []}


@pytest.mark.parametrize("purpose", ["onboard", "rescreen", "test"])
def test_nobody_fishes_for_what_is_known_of_an_identifier(closed: Settings, purpose: str) -> None:
    key = make(closed)
    with served(replace(closed, entity_quota=3)) as (client, _):
        known = VALID | {"reference": "known"}
        client.post(SCORES, json=known, headers=bearer(key))
        statuses = [
            client.post(
                SCORES,
                json=VALID | {"reference": f"r{number}", "purpose": purpose},
                headers=bearer(key),
            ).status_code
            for number in range(4)
        ]
        other = VALID | {"reference": "other", "entities": {"document": "D-2"}}
        unlike = client.post(SCORES, json=other, headers=bearer(key)).status_code

    assert statuses == [200, 200, 429, 429]
    assert unlike == 200


def test_of_a_batch_only_the_rows_beyond_are_refused(closed: Settings) -> None:
    key = make(closed)
    rows = [VALID | {"reference": f"r{number}"} for number in range(4)]
    rows.insert(3, VALID | {"reference": "free", "entities": {"document": "D-2"}})
    with served(replace(closed, entity_quota=2)) as (client, _):
        response = client.post(f"{SCORES}/batch", json={"applications": rows}, headers=bearer(key))

    told = [each.get("problem", {}).get("type") for each in response.get_json()["results"]]
    assert told == [None, None, *["/problems/asked-about-too-often"], None, told[2]]


def test_an_identifier_that_many_share_has_no_quota(closed: Settings) -> None:
    key = make(closed)
    free = replace(closed, entity_quota=2, shared_entities=frozenset({"document"}))
    with served(free) as (client, _):
        statuses = {
            client.post(
                SCORES, json=VALID | {"reference": f"r{number}"}, headers=bearer(key)
            ).status_code
            for number in range(4)
        }

    assert statuses == {200}


def test_the_commands_make_list_and_revoke_keys(
    closed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKSCORE_DATABASE_URL", closed.database_url)
    monkeypatch.setenv("RISKSCORE_PSEUDONYM_KEY_FILE", str(closed.pseudonym_key_file))
    run = CliRunner()

    made = run.invoke(main, ["keys", "create", "desk", "--scope", "score:*", "--expires", "90d"])
    key = made.output.strip()
    listed = run.invoke(main, ["keys", "list"]).output
    prefix = key.split("_")[1]
    revoked = run.invoke(main, ["keys", "revoke", prefix])

    assert made.exit_code == revoked.exit_code == 0
    assert prefix in listed
    assert key.split("_", 2)[2] not in listed
    assert "revoked" in run.invoke(main, ["keys", "list"]).output
    assert run.invoke(main, ["keys", "revoke", prefix]).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--scope", "everything"], "expected score:PRODUCT"),
        (["--scope", "admin", "--tenant", "A B"], "lower letters"),
        (["--scope", "admin", "--expires", "soon"], "expected days"),
        ([], "Missing option '--scope'"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(arguments: list[str], reason: str) -> None:
    done = CliRunner().invoke(main, ["keys", "create", "desk", *arguments])

    assert done.exit_code == 2
    assert reason in done.output
