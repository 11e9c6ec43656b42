"""Shared by all tests: a product with every kind of column, a model really fitted to it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
import xgboost as xgb
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings

from riskscore.app import create_app
from riskscore.history.store import Store, store_from, upgrade_store
from riskscore.keysource import key_file
from riskscore.model.bundle import Bundle, load_champion
from riskscore.model.calibration import Calibration
from riskscore.model.publish import Fitted, publish
from riskscore.model.scale import Scale, Thresholds
from riskscore.model.trees import Trees
from riskscore.product.spec import Product
from riskscore.product.toml import built_in, read_file, read_product
from riskscore.settings import Settings
from tests import databases

hypothesis_settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis_settings.load_profile("steady")


@pytest.fixture(scope="session")
def product() -> Product:
    return read_file(Path(__file__).with_name("subscription.toml"))


@pytest.fixture(scope="session")
def models(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder; the more SIMs on a document, the riskier."""
    folder = tmp_path_factory.mktemp("models")
    publish(folder, fitted(product))
    return folder


@pytest.fixture(scope="session")
def built_in_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of the built-in products as they are declared now, of no worth."""
    folder = tmp_path_factory.mktemp("built_in")
    for name in built_in():
        publish(folder, fitted(read_product(name)))
    return folder


def fitted(product: Product) -> Fitted:
    return Fitted(
        product=product,
        trees=Trees(booster(product)),
        calibration=Calibration(margins=(-5.0, 5.0), log_odds=(-6.0, 4.0), rows=1_000),
        scale=Scale(review_odds=0.05),
        thresholds=Thresholds(review_margin=-2.0, block_margin=-0.33, block_score=620),
        importance=np.ones(len(product.columns)),
        record={"created": "2026-11-21T00:00:00Z"},
    )


@pytest.fixture(scope="session")
def bundle(product: Product, models: Path) -> Bundle:
    return load_champion(models / product.name)


@pytest.fixture(scope="session")
def settings(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    url = sqlite_url(tmp_path_factory.mktemp("data"))
    return Settings(models=models, database_url=url, dev=True)


@pytest.fixture(scope="session")
def client(settings: Settings) -> FlaskClient:
    return create_app(settings).test_client()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    found = databases.binaries()
    if found is None:
        pytest.skip("no PostgreSQL server is installed: what needs one is not tested")
    with databases.running(found) as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """Yield the URL of an empty PostgreSQL database."""
    with databases.new_database(postgresql_server, f"test_{uuid4().hex}") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give an empty database of each kind."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def store_settings(database_url: str, models: Path, tmp_path: Path) -> Settings:
    """Name an empty database of each kind, ready for its first worker."""
    settings = Settings(
        models=models,
        database_url=database_url,
        pseudonym_key_file=tmp_path / "pseudonym.key",
        dev=True,
    )
    if not database_url.startswith("sqlite"):
        key_file(tmp_path / "pseudonym.key").complete("default")
        upgrade_store(settings)
    return settings


@pytest.fixture
def store(store_settings: Settings) -> Iterator[Store]:
    with closing(store_from(store_settings)) as opened:
        opened.open()
        yield opened


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder}/riskscore.db"


def booster(product: Product) -> xgb.Booster:
    rng = np.random.default_rng(7)
    rows = rng.uniform(0, 3, size=(600, len(product.columns))).astype(np.float32)
    rows[:, 0] = rng.integers(0, 40, size=600)
    rows[rng.random(rows.shape) < 0.2] = np.nan
    risk = np.nan_to_num(rows[:, 0], nan=10) / 8 - np.nan_to_num(rows[:, 1], nan=0.5) + rows[:, 2]
    labels = np.nan_to_num(risk, nan=2) + rng.normal(size=600) > 3
    matrix = xgb.DMatrix(rows, label=labels, nthread=1)
    recipe = {"objective": "binary:logistic", "max_depth": 3, "eta": 0.3, "nthread": 1}
    return xgb.train(recipe, matrix, num_boost_round=20)
