"""The sockets: HTTPS, perhaps a second port for UCWA, perhaps plain HTTP, served by uvicorn in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

_START_WITHIN = 15.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
Scope = MutableMapping[str, Any]


class Connections:
    """Open connections by their two ends, so that one of them can be reset."""

    def __init__(self) -> None:
        self._open: dict[tuple[Any, Any], asyncio.Transport] = {}

    def protocol(self) -> type[H11Protocol]:
        """A protocol for uvicorn that keeps this book."""
        book = self._open

        class Kept(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                book[(self.client, self.server)] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                book.pop((self.client, self.server), None)
                super().connection_lost(exc)

        return Kept

    def abort(self, scope: Scope) -> None:
        """Reset (RST, not FIN) the connection on which a request came."""
        transport = self._open.get((scope["client"], scope["server"]))
        if transport is not None:
            self._reset(transport)

    def abort_all(self) -> None:
        """Reset whatever is open."""
        for transport in list(self._open.values()):
            self._reset(transport)

    @staticmethod
    def _reset(transport: asyncio.Transport) -> None:
        with contextlib.suppress(OSError):
            plug = transport.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, not left at 0: only then does asyncio switch Nagle's waiting off (40 ms for every answer).
    plug = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        plug.bind((host, port))
    except OSError:
        plug.close()
        raise
    return plug


def port_of(plug: socket.socket) -> int:
    """The port that a socket got."""
    return int(plug.getsockname()[1])


class Listener:
    """A thread with an event loop in which one application answers on all sockets."""

    def __init__(self, app: Callable[..., Any], connections: Connections) -> None:
        self._app, self._connections = app, connections
        self._servers: list[tuple[uvicorn.Server, list[socket.socket]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="lync-simulator", daemon=True)

    def add(self, sockets: list[socket.socket], certificate: tuple[Path, Path] | None) -> None:
        """More sockets; with a certificate and its key they speak TLS."""
        tls = {"ssl_certfile": certificate[0], "ssl_keyfile": certificate[1]} if certificate else {}
        config = uvicorn.Config(
            self._app,
            http=self._connections.protocol(),
            loop="asyncio",
            ws="none",
            lifespan="off",
            interface="asgi3",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_level="critical",
            log_config=None,
            timeout_keep_alive=120,
            timeout_graceful_shutdown=1,
            **tls,  # type: ignore[arg-type]
        )
        self._servers.append((uvicorn.Server(config), sockets))

    def start(self) -> None:
        """Return once every socket answers."""
        self._thread.start()
        deadline = time.monotonic() + _START_WITHIN
        while not all(server.started for server, _ in self._servers):
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("The simulator did not start.")
            time.sleep(0.01)

    def stop(self) -> None:
        """Close everything and wait for the thread."""
        for server, _ in self._servers:
            server.should_exit = True
        if self._loop and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._connections.abort_all)
        self._thread.join(timeout=10)
        for _, sockets in self._servers:
            for plug in sockets:
                plug.close()

    def _serve(self) -> None:
        asyncio.run(self._serve_all())

    async def _serve_all(self) -> None:
        self._loop = asyncio.get_running_loop()
        await asyncio.gather(*(server.serve(sockets=sockets) for server, sockets in self._servers))
