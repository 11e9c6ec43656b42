"""A picture that any reader of SVG can read."""

from pathlib import Path
from xml.etree import ElementTree as ET

from bench.picture import WIDE, Bar, draw

RECT = "{http://www.w3.org/2000/svg}rect"


def test_bars_are_as_long_as_their_values(tmp_path: Path) -> None:
    path = tmp_path / "bars.svg"

    draw(path, "a < b & c", [Bar("large", 100, 90, 110), Bar("small", 25, 20, 30)])

    _, *bars = ET.parse(path).getroot().iter(RECT)  # noqa: S314 - our own
    large, small = (float(each.attrib["width"]) for each in bars)
    assert abs(large - WIDE * 100 / 110) < 0.1
    assert abs(large / small - 4) < 0.01
