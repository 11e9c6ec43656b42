"""Pieces of a page: everything that came from data is escaped here."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources

Cells = Sequence[object]


def document(title: str, parts: Iterable[str]) -> str:
    """Put parts together as one page that needs nothing from anywhere."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{escape(title)}</title>\n'
        f"<style>\n{style('plot')}{style('card')}</style>\n</head>\n<body>\n<main>\n{''.join(parts)}</main>\n</body>\n"
        "</html>\n"
    )


def style(name: str) -> str:
    return (resources.files(__package__) / f"{name}.css").read_text("utf-8")


def section(title: str, inside: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n{inside}</section>\n"


def table(head: Sequence[str], rows: Iterable[Cells]) -> str:
    top = "".join(f"<th>{escape(each)}</th>" for each in head)
    body = "\n".join(
        f"<tr>{''.join(f'<td>{escape(str(each))}</td>' for each in row)}</tr>" for row in rows
    )
    return (
        f'<div class="wide"><table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>\n'
        "</table></div>\n"
    )


def listed(lines: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{escape(each)}</li>" for each in lines) + "\n</ul>\n"


def figures(*drawn: str) -> str:
    return '<div class="plots">\n' + "\n".join(each for each in drawn if each) + "\n</div>\n"


def day(moment: str | None) -> str:
    return "-" if moment is None else moment[:10]
