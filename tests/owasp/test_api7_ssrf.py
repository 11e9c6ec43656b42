"""API7:2023 Server side request forgery: no word of a caller makes the service call anybody."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from riskscore.access.tokens import Issuer
from riskscore.errors import ConfigError
from tests.clients import served
from tests.listening import listening
from tests.owasp.conftest import SCORES, application
from tests.owasp.keyed import token, trusting
from tests.serving import Server, serving

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """Somebody on this machine who notices every call."""

    listener: socket.socket

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    @property
    def stepped_in(self) -> bool:
        try:
            self.listener.accept()[0].close()
        except TimeoutError:
            return False
        return True


@pytest.fixture
def trap() -> Iterator[Trap]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(0.3)
        yield Trap(listener=listener)


@pytest.fixture(scope="module")
def server(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(models, tmp_path_factory.mktemp("ssrf"), "--dev") as running:
        yield running


def test_the_trap_notices(trap: Trap) -> None:
    host, port = trap.address.split(":")

    socket.create_connection((host, int(port))).close()

    assert trap.stepped_in


@pytest.mark.parametrize("scheme", ["http://", "https://", "ftp://", "gopher://", "//", "\\\\"])
def test_no_value_of_an_application_is_called(server: Server, trap: Trap, scheme: str) -> None:
    url = f"{scheme}{trap.address}/"
    sent = application()
    words: list[Json] = [
        {"reference": url},
        {"occurred_at": url},
        {"purpose": url},
        {"entities": dict.fromkeys(["document", "msisdn", "imei", "iccid", "account"], url)},
        {"features": sent["features"] | {"channel": url}},
        {"callback": url, "webhook": url, "url": url},
        {"$ref": url, "$schema": url},
    ]

    statuses = {server.request("POST", SCORES, json.dumps(sent | word))[0] for word in words}

    assert statuses <= {200, 422}
    assert not trap.stepped_in


@pytest.mark.parametrize(
    "header", ["Host", "X-Forwarded-Host", "Forwarded", "Referer", "Origin", "Link", "Via"]
)
def test_no_header_is_called(server: Server, trap: Trap, header: str) -> None:
    with closing(server.connect()) as connection:
        connection.sendall(f"GET /docs HTTP/1.1\r\n{header}: {trap.address}\r\n\r\n".encode())
        answer = connection.recv(65_536)

    assert trap.address.encode() not in answer
    assert not trap.stepped_in


@pytest.mark.parametrize("line", ["GET http://{}/ HTTP/1.1", "CONNECT {} HTTP/1.1"])
def test_the_service_is_nobody_s_proxy(server: Server, trap: Trap, line: str) -> None:
    with closing(server.connect()) as connection:
        connection.sendall(f"{line.format(trap.address)}\r\nHost: x\r\n\r\n".encode())
        status = int(connection.recv(65_536).split()[1])

    assert status >= 400
    assert not trap.stepped_in


@pytest.mark.parametrize("member", ["jku", "x5u", "kid"])
def test_no_token_says_where_its_keys_are(
    models: Path, tmp_path: Path, trap: Trap, member: str
) -> None:
    header = {"kid": "elsewhere", member: f"http://{trap.address}/jwks.json"}
    settings = trusting(models, tmp_path)

    with served(settings) as door:
        answer = door.post(SCORES, json=application(), headers=token(header))

    assert answer.status_code == 401
    assert not trap.stepped_in


def test_an_issuer_s_address_leads_to_no_other(trap: Trap) -> None:
    with leading_to(f"http://{trap.address}/") as source, pytest.raises(ConfigError):
        Issuer(source=source, issuer="i", audience="a", tenant_claim="tenant")

    assert not trap.stepped_in


@contextmanager
def leading_to(target: str) -> Iterator[str]:
    """Run somebody on this machine who sends everybody elsewhere."""

    class Detour(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's
            del format, args

    with listening(Detour) as address:
        yield f"{address}/jwks.json"


@pytest.mark.parametrize(
    "source",
    ["http://169.254.169.254/latest", "http://10.0.0.1/", "file:///etc/passwd", "ftp://x/"],
)
def test_keys_come_in_the_clear_from_this_machine_alone(source: str) -> None:
    with pytest.raises(ConfigError, match="RISKSCORE_JWKS"):
        Issuer(source=source, issuer="i", audience="a", tenant_claim="tenant")
