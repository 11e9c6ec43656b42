"""Plots of a card as files of their own, for pages that the card is not part of."""

from collections.abc import Callable, Mapping
from typing import Any

from training.card import plots
from training.card.markup import style

Record = dict[str, Any]

SVG = "http://www.w3.org/2000/svg"

PICTURES: Mapping[str, Callable[[Record], str]] = {
    "roc.svg": plots.roc,
    "precision-recall.svg": plots.precision_recall,
    "calibration.svg": plots.calibration,
    "distribution.svg": plots.distribution,
}


def pictures(record: Record) -> dict[str, str]:
    """Draw each plot so that it stands alone: by file name, light or dark as its reader is."""
    return {name: alone(draw(record)) for name, draw in PICTURES.items()}


def alone(svg: str) -> str:
    """Give a plot of a page the page's colours, and paper to stand on."""
    svg = svg.replace("<svg ", f'<svg xmlns="{SVG}" ', 1)
    start = svg.index(">") + 1
    paper = '<rect width="100%" height="100%" style="fill: var(--page)"/>'
    return f"{svg[:start]}<style>\n{style('plot')}</style>{paper}{svg[start:]}\n"
