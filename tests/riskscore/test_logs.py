"""Log lines: JSON, one a record, and nothing of what was sent."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from riskscore.errors import BundleCorrupt
from riskscore.logs import JsonLines, configure

SWITCHES = ("_srcfile", "logThreads", "logProcesses", "logMultiprocessing")


def line(message: str = "request", **extra: Any) -> dict[str, Any]:
    record = logging.makeLogRecord(
        {"name": "riskscore.x", "levelname": "INFO", "msg": message, "created": 0.0, **extra}
    )
    written: dict[str, Any] = json.loads(JsonLines().format(record))
    return written


def test_a_record_is_one_line_of_json() -> None:
    assert line("two\nlines", fields={"status": 200, "route": "/v1"}) == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "level": "INFO",
        "logger": "riskscore.x",
        "message": "two\nlines",
        "status": 200,
        "route": "/v1",
    }


def failed(error: Exception) -> dict[str, Any]:
    try:
        raise error
    except type(error):
        return line(exc_info=sys.exc_info())


def test_an_error_shows_its_way_and_not_its_words() -> None:
    shown = failed(ValueError("no number: 1101700203451"))

    assert shown["error"] == "builtins.ValueError"
    assert "test_logs.py" in shown["traceback"][0]
    assert "1101700203451" not in str(shown)


def test_an_error_of_ours_may_speak() -> None:
    shown = failed(BundleCorrupt("model.ubj: not a booster"))

    assert shown["error"] == "riskscore.errors.BundleCorrupt: model.ubj: not a booster"


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    for switch in SWITCHES:
        monkeypatch.setattr(logging, switch, getattr(logging, switch))  # set back afterwards
    logger = logging.getLogger("riskscore")
    before = logger.handlers, logger.propagate, logger.level
    yield logger
    logger.handlers, logger.propagate = before[0], before[1]
    logger.setLevel(before[2])


def test_lines_go_to_standard_error_once(
    ours: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("INFO")
    configure("WARNING")

    ours.info("quiet")
    ours.getChild("requests").warning("loud")

    assert json.loads(capsys.readouterr().err)["message"] == "loud"


def test_a_record_does_not_find_out_what_no_line_says(
    ours: logging.Logger, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    configure("INFO")
    ours.handlers.append(caplog.handler)

    ours.info("request", extra={"fields": {"status": 200}})

    [record] = caplog.records
    assert (record.thread, record.process, record.funcName) == (None, None, "(unknown function)")
    assert list(json.loads(capsys.readouterr().err)) == [
        "time",
        "level",
        "logger",
        "message",
        "status",
    ]
