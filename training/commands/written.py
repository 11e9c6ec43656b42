"""A record and the page made of it, side by side: what ``backtest`` and ``card`` leave behind."""

import json
from pathlib import Path
from typing import Any

from riskscore.model.publish import write_line


def write_both(folder: Path, name: str, record: dict[str, Any], page: str) -> str:
    """Write ``name.html`` and ``name.json`` to a folder, made where there is none; says so."""
    html, figures = folder / f"{name}.html", folder / f"{name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    write_line(figures, json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False))
    write_line(html, page.rstrip("\n"))
    return f"wrote {html} and {figures}"
