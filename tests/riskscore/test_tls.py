"""A real server that speaks TLS, and asks callers for certificates."""

import signal
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from riskscore.errors import ConfigError
from riskscore.settings import Settings, settings_from
from riskscore.tls import Files, files_from, read_context
from tests.certificates import Pair, authority, caller, issued, make
from tests.serving import Server, serving, start


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def ours(folder: Path) -> Pair:
    return authority(folder, "ours")


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Pair:
    return authority(folder, "theirs")


@pytest.fixture(scope="module")
def server_pair(folder: Path, ours: Pair) -> Pair:
    return issued(folder, "server", ours)


@pytest.fixture(scope="module")
def server(
    models: Path, tmp_path_factory: pytest.TempPathFactory, server_pair: Pair, ours: Pair
) -> Iterator[Server]:
    files = {"tls_cert": server_pair.cert, "tls_key": server_pair.key, "tls_client_ca": ours.cert}
    environ = {name: str(file) for name, file in files.items()}
    with serving(models, tmp_path_factory.mktemp("tls"), "--dev", **environ) as running:
        yield running


def test_who_shows_a_certificate_is_answered(server: Server, folder: Path, ours: Pair) -> None:
    known = replace(server, tls=caller(ours, issued(folder, "known", ours)))

    status, _ = known.request("GET", "/readyz")

    assert status == 200
    assert "https://127.0.0.1" in server.said


def test_who_shows_none_is_not_answered(server: Server, ours: Pair) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        replace(server, tls=caller(ours)).request("GET", "/healthz")


def test_who_shows_another_authority_s_is_not_answered(
    server: Server, folder: Path, ours: Pair, theirs: Pair
) -> None:
    stranger = caller(ours, issued(folder, "stranger", theirs))

    with pytest.raises((ssl.SSLError, ConnectionError)):
        replace(server, tls=stranger).request("GET", "/healthz")


def test_the_server_proves_who_it_is(
    server: Server, folder: Path, ours: Pair, theirs: Pair
) -> None:
    deceived = caller(theirs, issued(folder, "deceived", ours))

    with pytest.raises(ssl.SSLCertVerificationError):
        replace(server, tls=deceived).request("GET", "/healthz")


@pytest.mark.parametrize("sent", [b"GET /healthz HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"\x00" * 600])
def test_what_is_no_tls_is_cut_off_and_breaks_nothing(
    server: Server, folder: Path, ours: Pair, sent: bytes
) -> None:
    with closing(server.connect()) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert b"ok" not in received(connection)

    known = replace(server, tls=caller(ours, issued(folder, "known", ours)))
    assert known.request("GET", "/healthz")[0] == 200
    assert "Traceback" not in server.errors.read_text()
    assert "exited" not in server.errors.read_text()


def received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionError:
        return b""


def test_old_tls_is_not_spoken(server: Server, folder: Path, ours: Pair) -> None:
    old = caller(ours, issued(folder, "old", ours))
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        old.minimum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("DEFAULT:@SECLEVEL=0")

    with pytest.raises((ssl.SSLError, ConnectionError)):
        replace(server, tls=old).request("GET", "/healthz")


def test_a_new_certificate_is_taken_up_without_a_stop(
    models: Path, tmp_path: Path, ours: Pair, theirs: Pair
) -> None:
    pair = issued(tmp_path, "server", ours)
    files = {"tls_cert": str(pair.cert), "tls_key": str(pair.key)}
    with serving(models, tmp_path, "--dev", **files) as running:
        assert replace(running, tls=caller(ours)).request("GET", "/healthz")[0] == 200
        issued(tmp_path, "server", theirs)

        running.process.send_signal(signal.SIGHUP)

        assert answers_within(30, replace(running, tls=caller(theirs)))


def answers_within(seconds: float, server: Server) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return server.request("GET", "/healthz")[0] == 200
        except ssl.SSLCertVerificationError:
            time.sleep(0.2)
    return False


def test_nothing_is_read_without_tls() -> None:
    assert files_from(Settings()) is None


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (["CERT"], "RISKSCORE_TLS_KEY"),
        (["KEY"], "RISKSCORE_TLS_CERT"),
        (["CLIENT_CA"], "RISKSCORE_TLS_CERT"),
        (["CERT", "CLIENT_CA"], "RISKSCORE_TLS_KEY"),
    ],
)
def test_half_of_it_is_refused(given: list[str], missing: str) -> None:
    settings = settings_from({f"RISKSCORE_TLS_{name}": "x.pem" for name in given})

    with pytest.raises(ConfigError, match=f"^{missing}: expected with the other"):
        files_from(settings)


@pytest.fixture(scope="module")
def good(folder: Path, ours: Pair, server_pair: Pair) -> Files:
    """Files that serve, beside two that do not."""
    make(folder, "locked", passphrase="hunter2")  # noqa: S106 - of nothing
    (folder / "nonsense.pem").write_text("nonsense")
    return Files(server_pair.cert, server_pair.key, ours.cert)


@pytest.mark.parametrize(
    ("which", "name", "reason"),
    [
        ("cert", "nowhere.pem", "RISKSCORE_TLS_CERT: .+nowhere.pem: No such file"),
        ("key", "nowhere.pem", "RISKSCORE_TLS_KEY: .+nowhere.pem: No such file"),
        ("client_ca", "nowhere.pem", "RISKSCORE_TLS_CLIENT_CA: .+nowhere.pem: No such file"),
        ("cert", "nonsense.pem", "RISKSCORE_TLS_CERT, RISKSCORE_TLS_KEY: .+: expected PEM"),
        ("key", "nonsense.pem", "RISKSCORE_TLS_CERT, RISKSCORE_TLS_KEY: .+: expected PEM"),
        ("client_ca", "nonsense.pem", "RISKSCORE_TLS_CLIENT_CA: .+: expected certificates in PEM"),
        ("key", "ours.key", "RISKSCORE_TLS_KEY: .+: expected the key of that certificate"),
        ("key", "locked.key", "RISKSCORE_TLS_KEY: expected a key without a passphrase"),
    ],
)
def test_a_file_of_no_use_is_named(
    folder: Path, good: Files, which: str, name: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        read_context(good._replace(**{which: folder / name}))


def test_a_server_with_a_file_of_no_use_does_not_start(
    models: Path, tmp_path: Path, server_pair: Pair
) -> None:
    files = {"tls_cert": str(server_pair.cert), "tls_key": str(tmp_path / "nowhere")}
    errors = tmp_path / "errors.txt"

    with errors.open("w") as file, start(models, file, "--dev", **files) as process:
        assert process.wait(20) == 1

    assert errors.read_text() == (
        f"Error: RISKSCORE_TLS_KEY: {tmp_path}/nowhere: No such file or directory\n"
    )
