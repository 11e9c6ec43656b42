"""A card as one page: no script, no font, no picture from anywhere; light, dark and on paper."""

from html import escape
from typing import Any

from training.card import sections
from training.card.markup import day, document, section

Record = dict[str, Any]


def page(record: Record) -> str:
    """Write the whole page."""
    title = f"{record['model']['title']}, version {record['version']}"
    parts = [
        _head(record, title),
        section("Intended use and limits", sections.use(record)),
        section("Data", sections.data(record)),
        section("How well it ranks", sections.ranks(record)),
        section("Calibration and scores", sections.calibrated(record)),
        section("Thresholds", sections.thresholds(record)),
        section("What it goes by", sections.columns(record)),
        section("Slices", sections.slices(record)),
        section("Fairness", sections.fairness(record)),
        section("Stability and leakage", sections.stability(record)),
        section("How it was made", sections.made(record)),
    ]
    return document(title, parts)


def _head(record: Record, title: str) -> str:
    return (
        f"<header><h1>{escape(title)}</h1><p>Model card of <code>{escape(record['product'])}</code>"
        f", bundle <code>{record['sha256'][:16]}</code>, fitted {day(record['model']['created'])},"
        f" judged {day(record['made'])}. Figures are followed by their 95 % interval; all of them"
        " are in <code>card.json</code>.</p></header>\n"
    )
