"""How we part from a client: at once, where nothing of its request is left unread.

After an answer gunicorn waits up to two seconds for the client to close its end, and its sync
worker answers nobody meanwhile: one that is far away, or in no hurry, would hold it after every
request. The wait is for the sake of clients that still send: what nobody reads makes the kernel
cut off the answer that is under way. Of a request that was read whole there is no such rest.
"""

import select
import socket
import ssl
from typing import Any


class Parting:
    """A connection that need not wait for the other end, once ``done`` is set.

    Attributes:
        done: Whether the request was read whole.
    """

    done = False

    def shutdown(self, how: int) -> None:
        """Close this end alone, whereupon gunicorn waits for the other; or have it close at once.

        Raises:
            OSError: There is nothing to wait for. It is what makes gunicorn close at once.
        """
        if self.done and not readable(self, 0):
            raise OSError("nothing to wait for")
        super().shutdown(how)  # type: ignore[misc]  # of the socket that this is mixed into


class PlainParting(Parting, socket.socket):
    """One in the clear."""


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
