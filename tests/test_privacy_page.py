"""docs/privacy.md names every field that is stored, and none that is not."""

import re
from pathlib import Path

from riskscore.cli import main
from riskscore.history.schema import metadata
from riskscore.settings import SettingsForm

PAGE = Path(__file__).parents[1] / "docs" / "privacy.md"
ROW = re.compile(r"\| `(\w+)` \| (`\w+`(?:, `\w+`)*) \| (.+) \| (\w) \| (\w+) \|")


def rows() -> list[re.Match[str]]:
    [part] = re.findall(r"### Every field\n(.+?)\n\n", PAGE.read_text(), re.DOTALL)
    lines = part.splitlines()[2:]
    found = [each for each in map(ROW.fullmatch, lines) if each]
    assert len(found) == len(lines), "a row breaks the form"
    return found


def test_every_field_has_its_purpose_basis_and_end_once() -> None:
    told = [(row[1], name) for row in rows() for name in re.findall(r"\w+", row[2])]

    held = [(table.name, column.name) for table in metadata.sorted_tables for column in table.c]
    assert sorted(told) == sorted(held)


def test_bases_and_times_are_explained() -> None:
    text = PAGE.read_text()

    assert all(f"\n| {row[4]} | " in text for row in rows())
    assert all(f"\n| {row[5]} | " in text for row in rows())


def test_every_command_and_variable_is_ours() -> None:
    text = PAGE.read_text()
    words = {name: getattr(each, "commands", {}) for name, each in main.commands.items()}
    variables = {field.data_key for field in SettingsForm().fields.values()}

    for command, word in re.findall(r"riskscore (keys|subject) ([a-z-]+)", text):
        assert word in words[command]
    assert {*re.findall(r"RISKSCORE_[A-Z_]+", text)} <= variables
