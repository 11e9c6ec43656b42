"""What an operator cannot have done, and how that is said."""

import pytest
from flask.testing import FlaskClient

from riskscore.settings import Settings
from tests.clients import run
from tests.riskscore.upkeep.conftest import ONE, numbered, send


@pytest.mark.parametrize(
    ("words", "said", "output"),
    [
        (("subject", "forget", "--entity", "document", "--yes"), "X-1\n", "nothing is held"),
        (("subject", "forget", "--entity", "msisdn", "--yes"), "abc\n", "msisdn: expected a phone"),
        (("subject", "forget", "--entity", "soul", "--yes"), "X-1\n", "soul: expected one of"),
        (("purge", "--older-than", "soon"), "", "expected days, such as 400d"),
        (("purge",), "", "expected --older-than 400d, or RISKSCORE_RETENTION"),
        (("purge", "--older-than", "9d", "--product", "soul"), "", "soul: no such product"),
    ],
)
def test_what_cannot_be_done_is_said(
    store_settings: Settings, words: tuple[str, ...], said: str, output: str
) -> None:
    assert output in run(store_settings, *words, said=said).output


def test_a_list_of_identifiers_is_refused(store_settings: Settings, client: FlaskClient) -> None:
    kept = send(client, numbered(0, ONE))

    done = run(
        store_settings, "subject", "forget", "--entity", "document", "--yes", said=f"X\n{ONE}\n"
    )

    assert done.exit_code == 1
    assert "expected one identifier on one line" in done.output
    assert client.get(f"/v1/decisions/{kept['decision_id']}").status_code == 200


def test_a_typo_in_the_retention_is_refused(store_settings: Settings) -> None:
    refused = run(store_settings, "purge", RISKSCORE_RETENTION="phone_subscriptoin=400d")

    assert refused.exit_code == 1
    assert "phone_subscriptoin: no such product" in refused.output
