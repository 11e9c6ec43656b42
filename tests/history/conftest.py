"""Products for streams: one that looks at everything in every way, one that looks back at it."""

from pathlib import Path

import pytest

from riskscore.product.spec import Product
from riskscore.product.toml import read_file


@pytest.fixture(scope="session")
def parcel() -> Product:
    return read_file(Path(__file__).with_name("parcel.toml"))


@pytest.fixture(scope="session")
def visit() -> Product:
    return read_file(Path(__file__).with_name("visit.toml"))
