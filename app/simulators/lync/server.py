"""The simulator as one object for tests, and as a blocking call for the command line."""

from __future__ import annotations

import contextlib
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from app.simulators.lync import certificates
from app.simulators.lync.clock import Clock
from app.simulators.lync.control import Control
from app.simulators.lync.controls import Controls
from app.simulators.lync.discovery import ROOT
from app.simulators.lync.gateway import Gateway
from app.simulators.lync.listener import Connections, Listener, bind, port_of
from app.simulators.lync.options import DEFAULT_PASSWORD, DEFAULT_USER, Options
from app.simulators.lync.state import Person, Pool

_NAMES = ("localhost", "127.0.0.1", "::1")


class LyncSimulator(Controls):
    """A Lync server on this machine: `with LyncSimulator() as lync: …`, then pull the levers of Controls.

    `port` 0 takes a free one. `http_port` adds a plain HTTP listener, `ucwa_port` a second HTTPS port where
    UCWA lives while the fault `other-host` is on (otherwise it is another name of the same port).
    """

    def __init__(
        self,
        port: int = 0,
        *,
        user: str = DEFAULT_USER,
        password: str = DEFAULT_PASSWORD,
        options: Options | None = None,
        clock: Clock | None = None,
        faults: Iterable[str] = (),
        host: str = "127.0.0.1",
        http_port: int | None = None,
        ucwa_port: int | None = None,
    ) -> None:
        super().__init__(Pool(options or Options(), clock or Clock()))
        self.user, self.host = user, host
        self._ports = (port, ucwa_port, http_port)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._listener: Listener | None = None
        self.http_url = ""  # the plain HTTP root, once it listens
        name, _, domain = user.lower().rpartition("@")
        if not name or not domain:
            raise ValueError(f"The user must look like name@domain, not {user!r}.")
        self.pool.sip_domains = self.pool.options.sip_domains or (domain,)
        names = (*_NAMES, *self.pool.options.extra_names)
        self._certificates = certificates.make(tuple(dict.fromkeys(names)))
        self._open_account(Person(user.lower(), "LMS Service", email=user.lower(), password=password))
        for each in faults:
            self.fault(each)

    @property
    def ca_pem(self) -> str:
        """The certificate authority that clients must trust."""
        return self._certificates.ca_pem

    @property
    def ca_path(self) -> Path:
        """The same in a file, as long as the simulator runs."""
        return Path(self._running_folder()) / "ca.pem"

    @property
    def base_url(self) -> str:
        """Where the root document answers, without a slash at its end."""
        return f"https://{self.pool.authority}"

    @property
    def discovery_url(self) -> str:
        """The full address of the root document."""
        return f"{self.base_url}{ROOT}"

    @property
    def control_url(self) -> str:
        """Where the levers are as JSON."""
        return f"{self.base_url}/_simulator"

    def start(self) -> LyncSimulator:
        """Listen."""
        self._folder = tempfile.TemporaryDirectory(prefix="lync-simulator-")
        _, certificate, key = self._certificates.write(Path(self._folder.name))
        connections = Connections()
        listener = Listener(Gateway(self.pool, Control(self), connections.abort), connections)
        secure = [bind(self.host, port) for port in self._ports[:2] if port is not None]
        listener.add(secure, (certificate, key))
        self.pool.authority = f"localhost:{port_of(secure[0])}"
        self.pool.ucwa_port = port_of(secure[1]) if len(secure) > 1 else None
        if self._ports[2] is not None:
            plain = bind(self.host, self._ports[2])
            listener.add([plain], None)
            self.http_url = f"http://localhost:{port_of(plain)}"
        listener.start()
        self._listener = listener
        return self

    def stop(self) -> None:
        """Stop listening; what was remembered stays readable."""
        self.drop_applications()
        if self._listener:
            self._listener.stop()
        if self._folder:
            self._folder.cleanup()
        self._listener = self._folder = None

    def __enter__(self) -> LyncSimulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running_folder(self) -> str:
        if self._folder is None:
            raise RuntimeError("The simulator is not running.")
        return self._folder.name


def run(
    port: int,
    user: str | None = None,
    password: str | None = None,
    ca_out: Path | str | None = None,
    faults: Iterable[str] = (),
    *,
    options: Options | None = None,
    host: str = "127.0.0.1",
    http_port: int | None = None,
    ucwa_port: int | None = None,
    out: TextIO | None = None,
    until: threading.Event | None = None,
) -> None:
    """Serve until the process is told to stop (or `until` is set); passwords are never printed."""
    simulator = LyncSimulator(
        port,
        user=user or DEFAULT_USER,
        password=password or DEFAULT_PASSWORD,
        options=options,
        faults=faults,
        host=host,
        http_port=http_port,
        ucwa_port=ucwa_port,
    )
    stopped = until or _stop_signal()
    with simulator:
        if ca_out is not None:
            Path(ca_out).write_text(simulator.ca_pem)
        for line in _greeting(simulator, password is None, Path(ca_out) if ca_out else simulator.ca_path):
            print(line, file=out or sys.stdout, flush=True)
        stopped.wait()


def _greeting(simulator: LyncSimulator, default_password: bool, ca: Path) -> list[str]:
    on = [f"{each['name']} (rate {each['rate']:g})" for each in simulator.faults()]
    return [
        f"Lync simulator   {simulator.base_url}/",
        *([f"Plain HTTP       {simulator.http_url}/"] if simulator.http_url else []),
        f"Control          {simulator.control_url}/faults",
        f"User             {simulator.user}",
        f"Password         {'the default (DEFAULT_PASSWORD)' if default_password else 'as given'}",
        f"CA certificate   {ca}",
        f"Faults           {', '.join(on) or 'none'}",
        "Ready.",
    ]


def _stop_signal() -> threading.Event:
    """Set by Ctrl-C or by a polite kill."""
    stopped = threading.Event()
    with contextlib.suppress(ValueError):  # not in the main thread: whoever started it ends it
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
    return stopped
