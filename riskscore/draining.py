"""A worker that answers everybody who got through before the stop signal.

The kernel takes connections on our behalf and queues them. gunicorn's sync worker leaves at once
when it is told to, and whoever waits in that queue is cut off. So on SIGTERM the arbiter first
shuts the door (the kernel ignores who knocks from then on) and the workers leave when the queue
is empty.

A worker that finds several in that queue answers them in one round (``rounds``).
"""

import ctypes
import json
import logging
import mmap
import select
import socket
import ssl
import struct
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.http import errors
from gunicorn.sock import ssl_context
from gunicorn.util import write_nonblock
from gunicorn.workers.sync import SyncWorker

from riskscore.doorway import MOST, Caller, let_in
from riskscore.errors import StartupError
from riskscore.parting import PlainParting, read_whole, readable
from riskscore.rounds import hold

log = logging.getLogger("riskscore.server")

PATIENCE = 5.0  # seconds that a silent client may hold a worker
QUIET = 0.2  # seconds without a new connection after which the queue counts as empty
HANDOVER = 1.0  # seconds that a worker stays beside those that replace it
SO_ATTACH_FILTER = 26  # Linux: a packet filter in front of a socket
NO_NEW_CONNECTIONS = (  # classic BPF over the TCP header: (operation, if true, if not, operand)
    (0x30, 0, 0, 13),  # load the byte of flags
    (0x45, 0, 1, 0x02),  # is SYN set?
    (0x06, 0, 0, 0),  # yes: drop the packet
    (0x06, 0, 0, 0xFFFFFFFF),  # no: let it through
)
STATUSES: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ParseException: HTTPStatus.BAD_REQUEST,
    ssl.SSLError: HTTPStatus.BAD_REQUEST,
}
SAID_WHY, STOPPING = 0, 1  # places in what arbiter and workers share
shared = mmap.mmap(-1, 2)


class DrainingWorker(SyncWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's sync worker, but for how it starts and leaves, rounds, and silent clients."""

    def load_wsgi(self) -> None:
        """Load the service; what must not start says why in one line and stops the arbiter."""
        try:
            if self.cfg.is_ssl:
                ssl_context(self.cfg)
            super().load_wsgi()
        except StartupError as error:
            if shared[SAID_WHY]:
                sys.exit(0)  # a second boot error, met while it halts, would break the arbiter
            shared[SAID_WHY] = 1
            sys.stderr.write(f"Error: {error}\n")
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

    def run(self) -> None:
        super().run()
        self.drain()

    def drain(self) -> None:
        """Answer whoever is in the queue, then close it."""
        since = time.monotonic()
        for listener in self.sockets:
            while readable(listener, QUIET) and time.monotonic() - since < self.patience_at_the_end:
                self.notify()
                try:
                    self.accept(listener)
                except BlockingIOError:  # another worker took it
                    break
                except ConnectionAbortedError:  # who knocked has left
                    continue
            listener.close()

    @property
    def patience_at_the_end(self) -> float:
        """Seconds to go on: as long as we may if all stop, shortly if others take over."""
        return float(self.cfg.graceful_timeout) if shared[STOPPING] else HANDOVER

    def accept(self, listener: Any) -> None:
        """Let in who waits; what has arrived is answered in one round, the others after it.

        Nobody of a round waits for what a neighbour has still to send. TLS has no rounds: a
        handshake is such a wait.
        """
        most = 1 if self.cfg.is_ssl else MOST
        with let_in(listener, self.age, self.cfg.workers, most=most) as callers:
            arrived = [each for each in callers if each.arrived] if len(callers) > 1 else []
            for each in arrived:
                each.client.done = True
            hold((partial(self.answer, listener, *each) for each in arrived), beat=self.notify)
            self.answer_late(listener, [each for each in callers if each not in arrived])

    def answer_late(self, listener: Any, callers: list[Caller]) -> None:
        """Answer others as each begins to speak; all who stay silent are let go together."""
        until = time.monotonic() + PATIENCE
        while callers and (left := until - time.monotonic()) > 0:
            spoke, _, _ = select.select([each.client for each in callers], [], [], left)
            for each in [each for each in callers if each.client in spoke]:
                callers.remove(each)
                self.notify()
                self.answer(listener, *each)
        for each in callers:
            each.client.close()

    def answer(self, listener: Any, client: PlainParting, address: Any) -> None:
        client.settimeout(PATIENCE)
        self.handle(listener, client, address)

    def handle_request(self, listener: Any, req: Any, client: Any, addr: Any) -> None:
        super().handle_request(listener, req, client, addr)
        client.done = client.done or read_whole(req)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what is no HTTP, or failed outside the service, without quoting any of it."""
        del req, addr
        found = (status for kind, status in STATUSES.items() if isinstance(exc, kind))
        status = next(found, HTTPStatus.INTERNAL_SERVER_ERROR)
        bug = exc if status == HTTPStatus.INTERNAL_SERVER_ERROR else None
        log.warning("no request", exc_info=bug, extra={"fields": {"status": status.value}})
        with suppress(OSError):  # whoever is gone, or never spoke our TLS, hears nothing
            write_nonblock(client, problem(status))


def problem(status: HTTPStatus) -> bytes:
    """Write a whole response that carries a problem document."""
    members = {"type": "about:blank", "title": status.phrase, "status": status.value}
    body = json.dumps(members).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n"
        "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n"
    )
    return head.encode() + body


def shut_the_door(listeners: Iterable[Any]) -> None:
    """Tell the workers that all stop, and the kernel to let nobody in any more."""
    shared[STOPPING] = 1
    for listener in listeners:
        ignore_new_connections(listener)


def ignore_new_connections(listener: Any) -> None:
    """Put a filter in front of a socket; who is in its queue stays (Linux only)."""
    if sys.platform != "linux":
        return
    code = b"".join(struct.pack("HBBI", *each) for each in NO_NEW_CONNECTIONS)
    kept = ctypes.create_string_buffer(code)
    program = struct.pack("HL", len(NO_NEW_CONNECTIONS), ctypes.addressof(kept))
    listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
