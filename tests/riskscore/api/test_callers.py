"""Whatever is sent by whomever, the answer is one that the document foresees."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from schemathesis import GenerationMode

from tests.callers import Town, check_operation, town
from tests.riskscore.api.test_openapi import OPERATIONS

FEW = 5


@pytest.fixture(scope="module")
def all_(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(models, tmp_path_factory.mktemp("town")) as founded:
        yield founded


@pytest.fixture(scope="module")
def described(all_: Town) -> Any:
    loaded = all_.described()
    loaded.validate()
    return loaded


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("operation", OPERATIONS)
def test_everybody_is_told_what_the_document_says(
    all_: Town, described: Any, operation: str, mode: GenerationMode
) -> None:
    method, path = operation.split()

    check_operation(all_, described[path][method], mode, times=FEW, by=1)
