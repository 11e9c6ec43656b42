"""Thresholds by group: one application, a portfolio and a recorded file are decided alike."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscore.app import create_app
from riskscore.decision.portfolio import score_portfolio
from riskscore.decision.scoring import assess_applications, without_past
from riskscore.model.bundle import Bundle, load_champion
from riskscore.model.by_group import ByGroup, Starts
from riskscore.model.publish import publish
from riskscore.product.application import Application
from riskscore.product.spec import Product
from riskscore.settings import Settings
from tests.clients import served
from tests.conftest import fitted, sqlite_url
from tests.riskscore.test_portfolio_recorded import record

Json = dict[str, Any]
AGES = ["under_25", "25_49", "50_plus"]
COLUMNS = ["sims_on_document", "liveness score", "channel", "prepaid", "age_band"]
OWN = {
    "under_25": Starts(review_score=560, block_score=720),
    "50_plus": Starts(review_score=440, block_score=480),
}

rows = st.lists(
    st.fixed_dictionaries(
        {
            "sims_on_document": st.integers(0, 40),
            "liveness score": st.none() | st.floats(0, 1),
            "channel": st.sampled_from(["store", "dealer", "online"]),
            "prepaid": st.booleans(),
            "age_band": st.none() | st.sampled_from(AGES),
        }
    ),
    min_size=1,
    max_size=60,
)
starts = st.tuples(st.integers(0, 999), st.integers(1, 1000)).filter(lambda pair: pair[0] < pair[1])
groups = st.dictionaries(st.sampled_from(AGES), starts)


@pytest.fixture(scope="module")
def grouped_models(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grouped")
    made = fitted(product)
    thresholds = replace(made.thresholds, by_group=ByGroup(feature="age_band", groups=OWN))
    publish(folder, replace(made, thresholds=thresholds))
    return folder


@pytest.fixture(scope="module")
def grouped(grouped_models: Path, product: Product) -> Bundle:
    return load_champion(grouped_models / product.name)


@pytest.fixture
def grouped_client(grouped_models: Path, tmp_path: Path) -> FlaskClient:
    made = Settings(models=grouped_models, database_url=sqlite_url(tmp_path), dev=True)
    return create_app(made).test_client()


def application(row: Json) -> Application:
    sent = {name: value for name, value in row.items() if value is not None}
    return Application(
        reference="r",
        occurred_at=0,
        purpose="test",
        entities={"document": "X1"},
        since={},
        features=sent,
    )


def written(path: Path, drawn: list[Json], **more: str) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["reference", "document", *more, *COLUMNS])
        writer.writeheader()
        for number, row in enumerate(drawn):
            cells = {name: "" if value is None else str(value) for name, value in row.items()}
            cells["prepaid"] = cells["prepaid"].lower()
            writer.writerow({"reference": f"r-{number}", "document": f"X{number}"} | more | cells)
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def expected(score: int, review: int, block: int) -> str:
    if score >= block:
        return "block"
    return "review" if score >= review else "allow"


@settings(max_examples=30)
@given(drawn=rows, own=groups)
def test_online_and_portfolio_agree_on_any_rows_and_groups(
    bundle: Bundle,
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[Json],
    own: dict[str, tuple[int, int]],
) -> None:
    made = {name: Starts(review_score=low, block_score=high) for name, (low, high) in own.items()}
    thresholds = replace(bundle.thresholds, by_group=ByGroup(feature="age_band", groups=made))
    cut = replace(bundle, thresholds=thresholds)
    folder = tmp_path_factory.mktemp("rows")
    sent = [application(row) for row in drawn]

    online = assess_applications(cut, sent, [without_past(cut.product, each) for each in sent])
    list(score_portfolio(cut, written(folder / "in.csv", drawn), folder / "out.csv"))

    for row, said, line in zip(drawn, online, read(folder / "out.csv"), strict=True):
        low, high = own.get(row["age_band"], (500, bundle.thresholds.block_score))
        assert said.recommendation == line["recommendation"] == expected(said.score, low, high)
        assert int(line["score"]) == said.score
        group = row["age_band"] if row["age_band"] in own else None
        taken_by = {"by": "age_band", "group": group, "review_score": low, "block_score": high}
        assert json.loads(line["thresholds"]) == taken_by
        assert said.thresholds is not None
        assert said.thresholds.group == group


DRAWN: list[Json] = [
    {
        "sims_on_document": sims,
        "liveness score": 0.5,
        "channel": "store",
        "prepaid": True,
        "age_band": age,
    }
    for sims in range(0, 40, 3)
    for age in [*AGES, None]
]


def body(number: int, row: Json, **more: Any) -> Json:
    features = {name: value for name, value in row.items() if value is not None}
    entities = {"document": f"X{number}"}
    return {"reference": f"r-{number}", "entities": entities, "features": features} | more


def test_over_http_a_decision_says_which_thresholds_it_was_taken_by(
    grouped_client: FlaskClient, grouped: Bundle
) -> None:
    sent = [body(number, row) for number, row in enumerate(DRAWN)]

    results = grouped_client.post(
        "/v1/phone-subscription/scores/batch", json={"applications": sent}
    ).get_json()["results"]

    common = Starts(review_score=500, block_score=grouped.thresholds.block_score)
    for row, answer in zip(DRAWN, results, strict=True):
        begin = OWN.get(row["age_band"], common)
        assert answer["thresholds"] == {
            "by": "age_band",
            "group": row["age_band"] if row["age_band"] in OWN else None,
            "review_score": begin.review_score,
            "block_score": begin.block_score,
        }
        told = expected(answer["score"], begin.review_score, begin.block_score)
        assert answer["recommendation"] == told
        stored = grouped_client.get(f"/v1/decisions/{answer['decision_id']}").get_json()
        assert stored["thresholds"] == answer["thresholds"]
        assert stored["recommendation"] == answer["recommendation"]
    assert {each["recommendation"] for each in results} == {"allow", "review", "block"}


def test_a_model_without_them_answers_as_before(client: FlaskClient) -> None:
    sent = body(0, DRAWN[0], purpose="test")

    answer = client.post("/v1/phone-subscription/scores", json=sent).get_json()

    assert "thresholds" not in answer


def test_a_recorded_file_is_decided_as_over_http(
    store_settings: Settings, grouped_models: Path, tmp_path: Path
) -> None:
    made = replace(store_settings, models=grouped_models)
    file = written(tmp_path / "in.csv", DRAWN, occurred_at="2026-11-20T10:00:00Z")

    result = record(made, "phone_subscription", file, tmp_path / "out.csv")

    assert result.exit_code == 0, result.output
    lines = read(tmp_path / "out.csv")
    with served(made) as client:
        for number, (row, line) in enumerate(zip(DRAWN, lines, strict=True)):
            stored = client.get(f"/v1/decisions/{line['decision_id']}").get_json()
            again = client.post(
                "/v1/phone-subscription/scores", json=body(1_000 + number, row, purpose="test")
            ).get_json()
            assert json.loads(line["thresholds"]) == stored["thresholds"] == again["thresholds"]
            assert line["recommendation"] == stored["recommendation"]


def test_a_group_that_nobody_declared_is_refused_and_never_served(
    grouped_client: FlaskClient,
) -> None:
    sent = body(0, DRAWN[0] | {"age_band": "ancient"})

    response = grouped_client.post("/v1/phone-subscription/scores", json=sent)

    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == ["features.age_band"]


def test_the_api_document_describes_them(grouped_client: FlaskClient) -> None:
    schemas = grouped_client.get("/openapi.json").get_json()["components"]["schemas"]

    assert set(schemas["TakenBy"]["required"]) == {"by", "group", "review_score", "block_score"}
    assert "thresholds" in schemas["Score"]["properties"]
    assert "thresholds" not in schemas["Score"]["required"]
    assert "thresholds" in schemas["Decision"]["properties"]
