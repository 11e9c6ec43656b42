"""What is asked of the two thresholds: rates of innocent people, alerts a day, or least cost."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, post_load

from riskscore.product.fields import Strict, StrictNumber, by_path
from training.errors import OptionInvalid

LARGE = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What things cost, in one currency, whichever.

    Attributes:
        look: One application looked at by a person.
        fraud: One fraud that nobody stops.
        wrong_block: One innocent person blocked.
        caught: Share of frauds that a look stops.
    """

    look: float
    fraud: float
    wrong_block: float
    caught: float

    @property
    def review_from(self) -> float:
        """Probability from which a look is worth its cost."""
        return min(self.look / (self.fraud * self.caught), 1.0)

    @property
    def block_from(self) -> float:
        """Probability from which blocking costs less than looking does.

        A block spares the look and the frauds that a look misses, and hits the innocent.
        """
        missed = self.fraud * (1 - self.caught)
        return max(self.wrong_block - self.look, 0.0) / (self.wrong_block + missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How review starts; block goes by costs where there are some, else by the asked rate.

    Raises:
        OptionInvalid: A confidence in rates is asked for, and costs set both thresholds.

    Attributes:
        found_share: Share of frauds ever found, where it is known; of ``--unlabelled pu`` alone.
        confidence: With which new rows are to stay within asked rates; as many as ours if None.
        latest: Whether thresholds are set on the latest rows, test slice included.
        by: The protected input whose groups get thresholds of their own; None for common ones.
    """

    alerts_per_day: float | None = None
    costs: Costs | None = None
    found_share: float | None = None
    confidence: float | None = None
    latest: bool = False
    by: str | None = None

    def __post_init__(self) -> None:
        if self.confidence is not None and self.costs is not None:
            raise OptionInvalid("--threshold-confidence: --costs sets both thresholds, not a rate")


class CostsForm(Strict):
    look = StrictNumber("a number above 0", 1e-9, LARGE, required=True)
    fraud = StrictNumber("a number above 0", 1e-9, LARGE, required=True)
    wrong_block = StrictNumber("a number above 0", 1e-9, LARGE, required=True)
    caught = StrictNumber("a share above 0 and up to 1", 1e-3, 1, required=True)

    @post_load
    def make(self, loaded: dict[str, Any], **_: object) -> Costs:
        return Costs(**loaded)


def read_costs(path: Path) -> Costs:
    """Read a cost file.

    Raises:
        OptionInvalid: It is not there, not TOML, or breaks the form.
    """
    try:
        costs: Costs = CostsForm().load(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionInvalid(f"{path}: expected a TOML file of costs: {error}") from error
    except ValidationError as error:
        broken = [f"{key}: {why[0]}" for key, why in by_path(error.messages).items()]
        raise OptionInvalid(f"{path}: {' | '.join(broken)}") from error
    return costs
