"""A real browser without a window, where there is one."""

import re
import shutil
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import NamedTuple

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
DARK = "--blink-settings=preferredColorScheme=0"
SECONDS = 240
WIDTHS = ("document.documentElement.scrollWidth", "innerWidth")  # of a page, of its window


class Colour(NamedTuple):
    red: int
    green: int
    blue: int

    @property
    def brightness(self) -> float:
        return sum(self) / 3


def browser() -> str:
    """Find one, or skip the test and say so."""
    found = next((each for each in map(shutil.which, NAMES) if each), None)
    if found is None:
        pytest.skip("no chromium is installed: how the page looks in a browser is not tested")
    return found


def run(page: Path | str, *options: str) -> str:
    """Open a page, by its path or its address, and return what the browser prints."""
    address = page if isinstance(page, str) else page.resolve().as_uri()
    with tempfile.TemporaryDirectory() as profile:
        command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        where = [f"--user-data-dir={profile}", f"--crash-dumps-dir={profile}"]
        arguments = [*command, *where, *options, address]
        done = subprocess.run(  # noqa: S603 - a browser of this machine
            arguments, check=True, capture_output=True, text=True, timeout=SECONDS
        )
    return done.stdout


def picture(page: Path, out: Path, *options: str, width: int = 1000) -> bytes:
    run(page, f"--screenshot={out}", f"--window-size={width},3000", *options)
    return out.read_bytes()


def corner(png: bytes) -> Colour:
    """Return the colour of the first pixel of a PNG of 8-bit colours."""
    data, place = b"", 8
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        if kind == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += length + 12
    first = zlib.decompressobj().decompress(data, 8)
    return Colour(*first[1:4])


def assert_follows_the_day(page: Path, folder: Path) -> None:
    """Look at a page by day, when it must be light, and by night, when it must be dark."""
    day = picture(page, folder / "day.png")
    night = picture(page, folder / "night.png", DARK)
    assert corner(day).brightness > 240
    assert corner(night).brightness < 50
    assert min(len(day), len(night)) > 50_000


def asked(page: Path, folder: Path, *questions: str, width: int) -> list[int]:
    """Ask a page itself for whole numbers, by a script that is added to a copy of it."""
    script = f"<script>document.title = [{', '.join(questions)}].join(' ')</script></body>"
    copy = folder / "asked.html"
    copy.write_text(page.read_text("utf-8").replace("</body>", script), "utf-8")
    dom = run(copy, "--dump-dom", f"--window-size={width},900")
    title = re.search(r"<title>([\d ]+)</title>", dom)
    assert title is not None
    return [int(each) for each in title[1].split()]
