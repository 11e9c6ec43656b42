"""What all contenders stand on: the models, and what filled stores know."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.filled import known_names
from bench.places import BUILD, MODELS, REFERENCE
from bench.reference import reference_model
from bench.sale import publish_sale

EVENTS = 100_000  # stored before anything is measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all contenders stand on.

    Attributes:
        sale: Folder of models that holds the reference model.
        shipped: Folder of models as they are shipped.
        names: Identifiers that filled stores know, by kind.
        python: Interpreter of foreign stacks.
    """

    sale: Path
    shipped: Path
    names: Mapping[str, int]
    python: str


def prepare(python: str = sys.executable) -> Ground:
    """Fit the reference model, and write it for everybody."""
    BUILD.mkdir(parents=True, exist_ok=True)
    booster = reference_model().booster
    booster.save_model(REFERENCE)
    return Ground(
        sale=publish_sale(BUILD / "models", booster),
        shipped=MODELS,
        names=known_names(EVENTS),
        python=python,
    )
