"""What make check says of published weaknesses, with a service of advisories on this machine."""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.listening import listening

AUDIT = Path(__file__).parent.parent.parent / ".ci" / "audit.py"
WEAKNESS = {
    "id": "PYSEC-2026-1",
    "affected": [
        {
            "package": {"name": "flask", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
        }
    ],
}


class Sound(BaseHTTPRequestHandler):
    """Know of no weakness of anything."""

    weak = ""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = {"vulns": [WEAKNESS]} if asked["package"]["name"] == self.weak else {}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's word
        del format, args


class Alarming(Sound):
    """Know of one weakness of one dependency."""

    weak = "flask"


def audit(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    service = ["--vulnerability-service=osv", f"--osv-url={url}"]
    return subprocess.run(  # noqa: S603 - our own words
        [sys.executable, str(AUDIT), *service, *options],
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_known_weakness_fails_the_check_and_says_what_fixes_it() -> None:
    with listening(Alarming) as url:
        done = audit(url)

    first, last = done.stdout.splitlines()
    assert done.returncode == 1
    assert first.startswith("flask ")
    assert first.endswith(": PYSEC-2026-1: fixed in 99")
    assert last.endswith("dependencies audited, 1 with known weaknesses")


def test_no_known_weakness_passes_even_where_an_answer_is_required() -> None:
    with listening(Sound) as url:
        done = audit(url, "--required")

    assert done.returncode == 0
    assert done.stdout.endswith("dependencies audited, 0 with known weaknesses\n")


@pytest.mark.parametrize(("options", "status"), [([], 0), (["--required"], 1)])
def test_no_answer_is_never_called_sound(options: list[str], status: int) -> None:
    done = audit("http://127.0.0.1:1", *options)

    assert done.returncode == status
    assert done.stdout == "NOT AUDITED: no advisory service answered for any dependency\n"
