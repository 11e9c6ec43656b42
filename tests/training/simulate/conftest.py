"""One small country for all tests of the simulator."""

import pandas as pd
import pyarrow as pa
import pytest

from training.simulate import country, events
from training.simulate.country import Country, Scenario
from training.simulate.parameters import Parameters, read_parameters


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return read_parameters()


@pytest.fixture(scope="session")
def small(parameters: Parameters) -> Country:
    return country.simulate(parameters, Scenario(people=30_000, days=270, seed=4))


@pytest.fixture(scope="session")
def tables(small: Country) -> dict[str, pa.Table]:
    return events.tables(small)


@pytest.fixture(scope="session")
def frames(tables: dict[str, pa.Table]) -> dict[str, pd.DataFrame]:
    return {name: table.to_pandas() for name, table in tables.items()}
