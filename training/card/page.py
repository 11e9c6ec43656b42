"""A card as one page: no script, no font, no picture from anywhere; light, dark and on paper."""

from html import escape
from importlib import resources
from typing import Any

from training.card import sections
from training.card.markup import day

Record = dict[str, Any]


def page(record: Record) -> str:
    """Write the whole page."""
    style = (resources.files(__package__) / "card.css").read_text("utf-8")
    title = f"{record['model']['title']}, version {record['version']}"
    parts = [
        _head(record, title),
        _section("Intended use and limits", sections.use(record)),
        _section("Data", sections.data(record)),
        _section("How well it ranks", sections.ranks(record)),
        _section("Calibration and scores", sections.calibrated(record)),
        _section("Thresholds", sections.thresholds(record)),
        _section("What it goes by", sections.columns(record)),
        _section("Slices", sections.slices(record)),
        _section("Fairness", sections.fairness(record)),
        _section("Stability and leakage", sections.stability(record)),
        _section("How it was made", sections.made(record)),
    ]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{escape(title)}</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n{''.join(parts)}</main>\n</body>\n"
        "</html>\n"
    )


def _head(record: Record, title: str) -> str:
    return (
        f"<header><h1>{escape(title)}</h1><p>Model card of <code>{escape(record['product'])}</code>"
        f", bundle <code>{record['sha256'][:16]}</code>, fitted {day(record['model']['created'])},"
        f" judged {day(record['made'])}. Figures are followed by their 95 % interval; all of them"
        " are in <code>card.json</code>.</p></header>\n"
    )


def _section(title: str, inside: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n{inside}</section>\n"
