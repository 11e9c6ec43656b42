"""Every caller sends far more, at random. Again: CALLERS_SEED=N."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from schemathesis import GenerationMode

from tests.callers import Town, check_operation, town
from tests.riskscore.api.test_openapi import OPERATIONS

MANY = 60


@pytest.fixture(scope="module")
def chance() -> int:
    return int(os.environ.get("CALLERS_SEED") or secrets.randbelow(10**9))


@pytest.fixture(scope="module")
def all_(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(models, tmp_path_factory.mktemp("town")) as founded:
        yield founded


@pytest.fixture(scope="module")
def described(all_: Town) -> Any:
    return all_.described()


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("operation", OPERATIONS)
def test_everybody_is_told_what_the_document_says(
    all_: Town, described: Any, operation: str, mode: GenerationMode, chance: int
) -> None:
    print(f"CALLERS_SEED={chance}")  # noqa: T201 - pytest shows it on failure alone
    method, path = operation.split()

    check_operation(all_, described[path][method], mode, times=MANY, by=chance)
