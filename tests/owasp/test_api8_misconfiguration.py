"""API8:2023 Security misconfiguration: nothing is open, told or left on that need not be."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from stat import S_IMODE

import pytest
from flask.testing import FlaskClient

from riskscore.api.exchange import SECURE
from riskscore.settings import Settings
from tests.owasp.conftest import SCORES, application
from tests.serving import Server, serving

LEFT_OPEN = [
    "/console",
    "/admin",
    "/metrics",
    "/debug",
    "/actuator/env",
    "/server-status",
    "/.env",
    "/.git/config",
    "/static/app.py",
    "/riskscore.db",
    "/data/riskscore.db",
    "/models/sim_registration/champion",
    "/docs/../riskscore/settings.py",
    "/docs/..%2f..%2fetc%2fpasswd",
    "/docs/%2e%2e/%2e%2e/etc/passwd",
    "/docs/..\\..\\etc\\passwd",
    "//etc/passwd",
]


@pytest.fixture(scope="module")
def server(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(models, tmp_path_factory.mktemp("open"), "--dev") as running:
        yield running


def head_of(server: Server, request: bytes) -> str:
    with closing(server.connect()) as connection:
        connection.sendall(request)
        return connection.recv(65_536).split(b"\r\n\r\n")[0].decode()


@pytest.mark.parametrize("path", LEFT_OPEN)
def test_nothing_is_left_lying_about(server: Server, path: str) -> None:
    assert server.request("GET", path)[0] == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8000"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_no_page_of_others_may_read_or_send(client: FlaskClient, origin: str, method: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}

    headers = client.open(SCORES, method=method, headers=asked).headers

    assert not [name for name, _ in headers if name.startswith("Access-Control-")]


def test_a_page_s_own_form_cannot_score(client: FlaskClient) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain"):
        response = client.post(SCORES, data=b'{"reference": "A"}', content_type=kind)

        assert response.status_code == 415


def test_trace_echoes_nothing(server: Server) -> None:
    head = head_of(server, b"TRACE / HTTP/1.1\r\nHost: x\r\nCookie: hunter2\r\n\r\n")

    assert " 200 " not in head.splitlines()[0]
    assert "hunter2" not in head


def test_no_answer_tells_what_runs_here_in_which_version(server: Server) -> None:
    for path in ("/healthz", "/nowhere", "/docs"):
        head = head_of(server, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).lower()

        assert "x-powered-by" not in head
        assert "python" not in head
        assert "werkzeug" not in head
        assert not [
            each for each in head.splitlines() if each.startswith("server:") and "/" in each
        ]


def test_a_refusal_by_the_server_itself_is_not_kept_or_guessed(server: Server) -> None:
    head = head_of(server, b"NONSENSE\r\n\r\n")

    assert "Cache-Control: no-store" in head
    assert "X-Content-Type-Options: nosniff" in head


def test_no_session_and_no_cookie(client: FlaskClient) -> None:
    for response in (client.get("/docs"), client.post(SCORES, json=application())):
        assert "Set-Cookie" not in response.headers


def test_every_answer_is_hardened(client: FlaskClient) -> None:
    for path in ("/docs", "/docs/start.js", "/openapi.json", "/healthz", "/nowhere", "/docs/.."):
        headers = client.get(path).headers

        assert {name for name, _ in headers} >= SECURE.keys()
        assert "unsafe-eval" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_debugging_is_off(client: FlaskClient) -> None:
    app = client.application

    assert not app.debug
    assert not app.testing
    assert app.secret_key is None


def test_out_of_the_box_only_this_machine_is_listened_to() -> None:
    assert Settings().bind.startswith("127.0.0.1:")


def test_store_and_key_are_readable_to_nobody_else(models: Path, tmp_path: Path) -> None:
    with serving(models, tmp_path, "--dev", database_url=f"sqlite:///{tmp_path}/data/r.db"):
        made = sorted((tmp_path / "data").iterdir())

    assert {each.suffix for each in made} >= {".db", ".key"}
    assert [each for each in made if S_IMODE(each.stat().st_mode) & 0o077] == []
    assert S_IMODE((tmp_path / "data").stat().st_mode) & 0o077 == 0


def test_a_secret_is_in_no_environment_if_a_file_holds_it(models: Path, tmp_path: Path) -> None:
    url = tmp_path / "url"
    url.write_text(f"sqlite:///{tmp_path}/hidden.db\n")
    with serving(models, tmp_path, "--dev", database_url_file=str(url)) as server:
        process = Path(f"/proc/{server.process.pid}")
        seen = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()

        assert server.request("GET", "/readyz")[0] == 200

    assert (tmp_path / "hidden.db").exists()
    assert b"hidden.db" not in seen
