"""How we part from a client: at once, where nothing of its request is left unread.

After an answer gunicorn waits up to two seconds for the client to close its end, and its sync
worker answers nobody meanwhile: one that is far away, or in no hurry, would hold it after every
request. The wait is for the sake of clients that still send: what nobody reads makes the kernel
cut off the answer that is under way. Of a request that was read whole there is no such rest.
"""

import select
import socket
import ssl
from contextlib import suppress
from typing import Any

MOST, PIECE = 65_536, 4_096  # bytes thrown away, in all and at a time


class Parting:
    """A connection that need not wait for the other end, once ``done`` is set.

    Attributes:
        done: Whether all of the request has arrived.
    """

    done = False

    def shutdown(self, how: int) -> None:
        """Close this end alone, whereupon gunicorn waits for the other; or have it close at once.

        Raises:
            OSError: There is nothing to wait for. It is what makes gunicorn close at once.
        """
        if self.done and self.emptied():
            raise OSError("nothing to wait for")
        super().shutdown(how)  # type: ignore[misc]  # of the socket that this is mixed into

    def emptied(self) -> bool:
        """Tell whether nothing lies there unread."""
        return not readable(self, 0)


class PlainParting(Parting, socket.socket):
    """One in the clear."""

    def emptied(self) -> bool:
        """Throw away what lies there unread, up to a limit, without waiting for more."""
        self.settimeout(0)
        with suppress(BlockingIOError):
            for _ in range(MOST // PIECE):
                if not self.recv(PIECE):
                    break
        return True


class SecretParting(Parting, ssl.SSLSocket):
    """One that speaks TLS."""


def parting(client: socket.socket) -> PlainParting:
    """Take a connection over."""
    family, kind, proto = client.family, client.type, client.proto
    return PlainParting(family, kind, proto, fileno=client.detach())


def read_whole(request: Any) -> bool:
    """Tell whether gunicorn read all of a request; of a chunked one it does not say."""
    return getattr(request.body.reader, "length", None) == 0


def readable(connection: Any, seconds: float) -> bool:
    return bool(select.select([connection], [], [], seconds)[0])
