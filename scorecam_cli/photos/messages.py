"""What two processes say to each other over a socket: a small JSON object at a time, at times with an open file."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from typing import Any

_LENGTH = struct.Struct(">I")


def send(connection: socket.socket, message: dict[str, Any], descriptor: int | None = None) -> None:
    """Say something; `descriptor` stays open here, and the other side has one of its own."""
    data = json.dumps(message).encode("ascii")
    data = _LENGTH.pack(len(data)) + data
    sent = 0 if descriptor is None else socket.send_fds(connection, [data], [descriptor])
    connection.sendall(data[sent:])


def receive(connection: socket.socket, seconds: float | None = None) -> tuple[dict[str, Any], int | None]:
    """What the other side says next, and the file that it hands over, if any.

    Raises:
        TimeoutError: it said nothing, or not all, in so many seconds; None waits for ever.
        EOFError: it is gone.
    """
    end = None if seconds is None else time.monotonic() + seconds
    data, descriptors = b"", []
    try:
        while len(data) < _LENGTH.size or len(data) < _LENGTH.size + _LENGTH.unpack_from(data)[0]:
            connection.settimeout(None if end is None else max(0.001, end - time.monotonic()))
            piece, handed, _, _ = socket.recv_fds(connection, 2**16, 1)
            descriptors += handed
            if not piece:
                raise EOFError
            data += piece
    except BaseException:
        for descriptor in descriptors:
            os.close(descriptor)
        raise
    return json.loads(data[_LENGTH.size :]), descriptors[0] if descriptors else None
