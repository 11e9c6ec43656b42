"""History as it is served equals the definition, written down naively, on random streams."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from riskscore.decision.outcomes import accept
from riskscore.history.counting import note_scores
from riskscore.history.desk import Desk, arrivals_of
from riskscore.history.glances import NO_GLANCES
from riskscore.history.plan import Plan, plan
from riskscore.history.recording import Recorded, record
from riskscore.history.schema import decision
from riskscore.history.store import Store, store_from, upgrade_store
from riskscore.keysource import key_file
from riskscore.product.application import TENANT, Application
from riskscore.product.outcome import Outcome
from riskscore.product.past import Known
from riskscore.product.spec import Product
from riskscore.product.toml import read_file
from riskscore.settings import Settings
from tests import databases
from tests.riskscore.history.oracle import Answer, Found, Oracle

HERE = Path(__file__).parent
HOUR = 3_600_000_000
START = 1_700_000_000_000_000

Step = Application | Outcome

# few enough to meet often, and enough that a window may hold several
REFERENCES = st.sampled_from([f"r{number}" for number in range(8)])
PERSONS = st.sampled_from(["P1", "P1", "P1", "P2", None])
PHONES = st.sampled_from(["N1", "N1", "N2", "N3", None])
STATUSES = st.sampled_from(["confirmed"] * 4 + ["cleared", "disputed", "retracted"])


@pytest.fixture(scope="module")
def products() -> dict[str, Product]:
    both = [read_file(HERE / f"{name}.toml") for name in ("sale", "loan")]
    return {each.name: each for each in both}


@st.composite
def applications(draw: st.DrawFn) -> tuple[str, Application]:
    product = draw(st.sampled_from(["sale", "sale", "loan"]))
    drawn = {"person": draw(PERSONS), "phone": draw(PHONES)}
    entities = {name: each for name, each in drawn.items() if each is not None}
    since = {
        name: START + draw(st.integers(-4, 10)) * HOUR
        for name in entities
        if draw(st.integers(0, 7)) == 0
    }
    features = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "shop": st.sampled_from(["market", "online", None]),
                "price": st.none() | st.integers(0, 9) | st.floats(0, 9),
                "new": st.booleans(),
            },
        )
    )
    purpose: Any = draw(
        st.sampled_from(["onboard", "onboard", "onboard", "backfill", "rescreen", "test"])
    )
    application = Application(
        reference=draw(REFERENCES),
        occurred_at=START + draw(st.integers(0, 8)) * HOUR,
        purpose=purpose,
        entities=entities,
        since=since,
        features=features if product == "sale" else {},
    )
    return product, application


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[str, Outcome]:
    product = draw(st.sampled_from(["sale", "sale", "loan"]))
    status: Any = draw(STATUSES)
    return product, Outcome(
        status=status,
        source="reported",
        known_at=START + draw(st.integers(-2, 6)) * HOUR,
        product=product,
        reference=draw(REFERENCES),
    )


# long enough that windows hold something, and watched for long in most streams
streams = st.lists(st.one_of(applications(), applications(), outcomes()), min_size=10, max_size=30)
declared = st.sampled_from([-99, -99, -99, None, -12, -6, -3, 0, 2]).map(
    lambda hours: None if hours is None else START + hours * HOUR
)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an SQLite store that holds nothing, and its key."""
    folder = tmp_path_factory.mktemp("blank")
    key_file(folder / "store.key").complete("default")
    opened(f"sqlite:///{folder}/store.db", folder, None).let_go()
    return folder


@contextmanager
def sqlite_store(blank: Path, since: int | None) -> Iterator[Store]:
    with TemporaryDirectory() as folder:
        shutil.copytree(blank, folder, dirs_exist_ok=True)
        yield opened(f"sqlite:///{folder}/store.db", blank, since)


@contextmanager
def postgresql_store(server: str, blank: Path, since: int | None) -> Iterator[Store]:
    with databases.new_database(server, f"copy_{uuid4().hex}", like="blank") as url:
        yield opened(url, blank, since)


def opened(url: str, folder: Path, since: int | None) -> Store:
    key = folder / "store.key"
    settings = Settings(database_url=url, pseudonym_key_file=key, known_since=since)
    upgrade_store(settings)
    store = store_from(settings)
    store.open()
    return store


def test_every_value_on_sqlite_is_that_of_the_definition(
    products: dict[str, Product], blank: Path
) -> None:
    @given(steps=streams, since=declared, glanced=st.booleans())
    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    def agree(steps: list[tuple[str, Step]], since: int | None, *, glanced: bool) -> None:
        with sqlite_store(blank, since) as store:
            follow(store, Oracle(products, since), steps, glanced=glanced)
            store.let_go()

    agree()


def test_every_value_on_postgresql_is_that_of_the_definition(
    products: dict[str, Product], blank: Path, postgresql_server: str
) -> None:
    @given(steps=streams, since=declared, glanced=st.booleans())
    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    def agree(steps: list[tuple[str, Step]], since: int | None, *, glanced: bool) -> None:
        with postgresql_store(postgresql_server, blank, since) as store:
            follow(store, Oracle(products, since), steps, glanced=glanced)
            store.let_go()

    with databases.new_database(postgresql_server, "blank") as url:
        opened(url, blank, None).let_go()
        agree()


@pytest.mark.parametrize("seed", range(3))
def test_every_value_of_a_long_and_dense_stream_is_that_of_the_definition(
    products: dict[str, Product], blank: Path, seed: int
) -> None:
    with sqlite_store(blank, START - 99 * HOUR) as store:
        follow(store, Oracle(products, START - 99 * HOUR), dense(seed), glanced=True)
        store.let_go()


def dense(seed: int) -> list[tuple[str, Step]]:
    """Make a stream in which every window holds much, and outcomes of it that differ."""
    chance = Random(seed)  # noqa: S311 - no secret
    return [
        found_out(chance, step) if chance.random() < 0.3 else sent_in(chance, step)
        for step in range(250)
    ]


def sent_in(chance: Random, step: int) -> tuple[str, Step]:
    product = chance.choice(["sale", "sale", "loan"])
    told: dict[str, Any] = {
        "shop": chance.choice(["market", "online"]),
        "new": chance.random() < 0.5,
    }
    return product, Application(
        reference=f"r{chance.randrange(60)}",
        occurred_at=START + step * HOUR // 10 + chance.randint(-4, 4) * HOUR,
        purpose="onboard",
        entities={"person": chance.choice(["P1", "P2"]), "phone": chance.choice(["N1", "N2"])},
        since={},
        features=told | {"price": chance.randint(2, 3)} if product == "sale" else {},
    )


def found_out(chance: Random, step: int) -> tuple[str, Step]:
    status: Any = chance.choice(["confirmed", "confirmed", "cleared", "retracted"])
    product = chance.choice(["sale", "loan"])
    return product, Outcome(
        status=status,
        source="reported",
        known_at=START + step * HOUR // 10 + chance.randint(-4, 2) * HOUR,
        product=product,
        reference=f"r{chance.randrange(60)}",
    )


def follow(store: Store, oracle: Oracle, steps: list[tuple[str, Step]], *, glanced: bool) -> None:
    """Let everything happen; ``glanced`` if sightings carry what windows ask of their events."""
    for place, (name, step) in enumerate(steps):
        if isinstance(step, Outcome):
            report(store, oracle, step)
            continue
        product, score = oracle.products[name], 100 + place
        asked = plan(product, oracle.products, store.engine.dialect)
        asked = asked if glanced else replace(asked, glances=NO_GLANCES)
        assert served(store, asked, step, score) == oracle.history(product, step)
        oracle.receive(product, step, score)


def report(store: Store, oracle: Oracle, step: Outcome) -> None:
    [stored] = accept(store, [step], tenant=TENANT)
    if not isinstance(stored, Exception):
        oracle.outcomes.append(
            Found(
                product=str(step.product),
                reference=str(step.reference),
                status=step.status,
                known_at=step.known_at,
            )
        )


def served(store: Store, asked: Plan, application: Application, score: int) -> dict[str, Answer]:
    writes = application.purpose != "test"
    with store.writing() if writes else store.reading() as connection:
        desk = Desk(
            connection=connection, store=store, plan=asked, tenant=TENANT, received_at=START
        )
        [recorded] = record(desk, arrivals_of(store, TENANT, [application]))
        if recorded.event is not None:
            note_scores(connection, {recorded.event: score})
        if writes:
            connection.execute(insert(decision), decision_row(desk, recorded, score))
    return {name: answer(known) for name, known in recorded.history.items()}


def decision_row(desk: Desk, recorded: Recorded, score: int) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "stream_id": desk.streams.of(desk.product).id,
        "reference": recorded.application.reference,
        "purpose": recorded.application.purpose,
        "occurred_at": recorded.application.occurred_at,
        "received_at": desk.received_at,
        "score": score,
        "probability": 0.5,
        "margin": 0.0,
        "model_version": "1",
        "model_sha256": "",
        "counted": recorded.event is not None,
        "entities": recorded.entities,
        "features": {},
        "answer": {},
    }


def answer(known: Known) -> Answer:
    return (None if known.value != known.value else known.value), known.gap


def sale(reference: str, hour: int, purpose: Any = "onboard") -> tuple[str, Application]:
    return "sale", Application(
        reference=reference,
        occurred_at=START + hour * HOUR,
        purpose=purpose,
        entities={"person": "P1", "phone": "N1"},
        since={},
        features={"shop": "online", "new": True},
    )


def found(reference: str, hour: int, status: Any = "confirmed") -> tuple[str, Outcome]:
    return "sale", Outcome(
        status=status,
        source="reported",
        known_at=START + hour * HOUR,
        product="sale",
        reference=reference,
    )


@pytest.mark.parametrize(
    ("steps", "confirmed"),
    [
        pytest.param([sale("r1", 0), found("r1", 2)], 1, id="known at the very moment"),
        pytest.param([sale("r1", 0), found("r1", 3)], 0, id="known later"),
        pytest.param(
            [sale("r1", 0, "rescreen"), found("r1", 1), sale("r1", 1)],
            1,
            id="known before it counted",
        ),
        pytest.param(
            [sale("r1", 0), found("r1", 1), found("r1", 1, "retracted")], 0, id="retracted at once"
        ),
        pytest.param(
            [sale("r1", 0), found("r1", 2, "cleared"), found("r1", 1)],
            0,
            id="told late, known first",
        ),
        pytest.param([sale("r1", 0), found("r1", 1), sale("r1", 1)], 1, id="sent twice"),
        pytest.param([sale("r1", 2), sale("r2", 2), found("r2", 2)], 1, id="at one moment"),
    ],
)
def test_outcomes_stand_as_defined(
    products: dict[str, Product], blank: Path, steps: list[tuple[str, Step]], confirmed: int
) -> None:
    oracle = Oracle(products, START - 12 * HOUR)
    asks = sale("asks", 2)

    with sqlite_store(blank, oracle.declared) as store, closing(store):
        follow(store, oracle, steps, glanced=True)
        expected = oracle.history(products["sale"], asks[1])
        asked = plan(products["sale"], products, store.engine.dialect)
        told = served(store, asked, asks[1], 0)

        assert told["confirmed_6h"][0] == confirmed
        assert told == expected
