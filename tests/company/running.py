"""Starts the company's provider and ends it; what we know of it, and what its people know."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
CLIENT_ID, CLIENT_SECRET, PASSWORD = "vilt", "a secret of ours: %& there", "four wet otters"
ROLES = {"vilt-admins": "system-administrator"}


@dataclass(frozen=True)
class Company:
    """The running provider; `issuer` as it stands in its tokens."""

    url: str

    @property
    def issuer(self) -> str:
        return f"{self.url}/o"

    @property
    def settings(self) -> dict[str, object]:
        """By which the service lets its people in."""
        return {
            "allow_private_endpoints": True,
            "oidc_issuer": self.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
            "oidc_roles": ROLES,
        }


@contextmanager
def company(folder: Path, ours: str) -> Iterator[Company]:
    """A provider of its own, at which `ours` is registered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.company", str(port), str(folder), ours]
    with (folder / "company.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(f"http://127.0.0.1:{port}", process, folder / "company.log")
            yield Company(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/accounts/login/").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"the provider did not start: {log.read_text('utf-8')[-2000:]}")
