"""One file of the web, downloaded within bounds of size and time; nothing is listed there, and nothing written."""

from __future__ import annotations

from typing import Any, Protocol

from scorecam_cli.errors import PhotoError
from scorecam_cli.files.buckets import filesystem
from scorecam_cli.files.regular import too_many_bytes

_PIECE = 2**16
_SHOWN = 160  # characters of what the library says


class Sink(Protocol):
    """Whatever takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Take some."""


def fetch_web(address: str, into: Sink, *, most_bytes: int, seconds: float | None) -> None:
    """Write the bytes that a server sends into an open file: one request, and no byte more than is allowed.

    Raises:
        PhotoError: the server has no such file, gives it to nobody, cannot be reached, or sends too much.
        TimeoutError: it took longer.
    """
    system = filesystem("https")
    from aiohttp import ClientError
    from fsspec.asyn import sync

    try:
        sync(system.loop, _stream, system, address, into, most_bytes, timeout=seconds)
    except (ClientError, ValueError) as error:  # the second: no address at all
        said = " ".join(str(error).split())[:_SHOWN]
        raise PhotoError(f"the server cannot be asked: {said or type(error).__name__}") from error


async def _stream(system: Any, address: str, into: Sink, most_bytes: int) -> None:
    session = await system.set_session()
    async with session.get(system.encode_url(address)) as answer:
        if answer.status in (404, 410):
            raise PhotoError(f"the server has no such file ({answer.status})")
        if not answer.ok:
            denied = "permission denied: " if answer.status in (401, 403) else ""
            raise PhotoError(f"{denied}the server answers {answer.status} {answer.reason or ''}".rstrip())
        taken = 0
        async for piece in answer.content.iter_chunked(_PIECE):
            taken += len(piece)
            if taken > most_bytes:
                raise too_many_bytes(most_bytes)
            into.write(piece)
