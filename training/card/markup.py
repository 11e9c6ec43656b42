"""Pieces of a page: everything that came from data is escaped here."""

from collections.abc import Iterable, Sequence
from html import escape

Cells = Sequence[object]


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
