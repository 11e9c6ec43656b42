"""Figures as JSON can hold them."""

import math
from collections.abc import Mapping
from typing import Any


def finite(found: Any) -> Any:
    """Put null where a figure is NaN or infinite: there was nothing to take it from."""
    match found:
        case float() if not math.isfinite(found):
            return None
        case Mapping():
            return {name: finite(each) for name, each in found.items()}
        case list() | tuple():
            return [finite(each) for each in found]
        case _:
            return found
