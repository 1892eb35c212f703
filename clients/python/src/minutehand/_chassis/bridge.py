"""A connection under mutual TLS for gRPC, whose own TLS cannot tell a trader from a generator.

gRPC speaks in the clear to a socket in a directory that only this user can enter, and what it says
goes on under TLS. Each connection is made from what is in the files at that moment, and is looked at
again from time to time.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
import tempfile
from pathlib import Path
from typing import Any

from .grid import SECOND
from .log import warn
from .tls import Files, has_expired, identity_of, plain

#: A dial into a black hole is given up after this.
CONNECT_TIMEOUT = 2 * SECOND

#: Whether the peer may stay is asked this often: one whose certificate has expired, or whose
#: authority was replaced, is disconnected within a minute.
JUDGED_EVERY = 30 * SECOND

_CHUNK = 16 * 1024


class Bridge:
    """Carries connections to one server, which must be of one role."""

    def __init__(self, files: Files, host: str, port: int, role: str) -> None:
        self._files = files
        self._host, self._port, self._role = host, port, role
        self._directory = Path(tempfile.mkdtemp(prefix="minutehand-"))
        self._server: asyncio.AbstractServer | None = None
        self._carried: set[asyncio.Task[None]] = set()
        #: Why the last dial failed; empty if it did not.
        self.trouble = ""

    async def open(self) -> str:
        """Begins to take connections; returns gRPC's name for where."""
        socket = self._directory / "link"
        self._server = await asyncio.start_unix_server(self._accept, str(socket))
        return f"unix:{socket}"

    async def close(self) -> None:
        """Ends all connections, and takes no more."""
        if self._server is not None:
            self._server.close()
        for task in self._carried:
            task.cancel()
        await asyncio.gather(*self._carried, return_exceptions=True)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _accept(self, near: asyncio.StreamReader, nearby: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._carry(near, nearby))
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)

    async def _carry(self, near: asyncio.StreamReader, nearby: asyncio.StreamWriter) -> None:
        try:
            contents = self._files.contents()
            far, farther, certificate = await self._dial()
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            self.trouble = _words(error)
            nearby.close()
            return
        tasks = [
            asyncio.ensure_future(self._pump(near, farther)),
            asyncio.ensure_future(self._pump(far, nearby)),
            asyncio.ensure_future(self._watch(contents, certificate)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            nearby.close()
            farther.close()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, dict[str, Any]]:
        context = self._files.context(server_side=False)
        connecting = asyncio.open_connection(self._host, self._port, ssl=context)
        far, farther = await asyncio.wait_for(connecting, CONNECT_TIMEOUT / SECOND)
        certificate: dict[str, Any] = farther.get_extra_info("peercert") or {}
        identity = identity_of(certificate)
        if identity.role != self._role:
            farther.close()
            raise ValueError(f"TLS: it is {identity}, and a {self._role} was expected: see the address")
        return far, farther, certificate

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carries what comes until it ends. With TLS 1.3 a server's refusal comes first here."""
        try:
            while chunk := await reader.read(_CHUNK):
                self.trouble = ""
                writer.write(chunk)
                await writer.drain()
        except OSError as error:
            self.trouble = _words(error)

    async def _watch(self, contents: tuple[bytes, bytes, bytes], certificate: dict[str, Any]) -> None:
        """Returns when the connection is to be made anew."""
        while True:
            await asyncio.sleep(JUDGED_EVERY / SECOND)
            if has_expired(certificate):
                warn(f"{identity_of(certificate)} is disconnected: TLS: its certificate has expired: renew it")
                return
            try:
                if self._files.contents() != contents:
                    return
            except OSError as error:
                warn(f"TLS: {plain(error)}; what was read before stays in force")


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"TLS: {plain(error)}"
    if isinstance(error, asyncio.TimeoutError):
        return "no connection in time"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return plain(error)
