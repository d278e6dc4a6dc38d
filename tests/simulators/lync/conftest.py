"""One simulator for all tests that need no options of their own, made new between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from app.simulators.lync import LyncSimulator, Options

from .ucwa import Ucwa


@pytest.fixture(scope="session")
def shared() -> Iterator[LyncSimulator]:
    options = Options(shortest_poll=0.3, slow_seconds=0.4, seed=7)
    with LyncSimulator(http_port=0, options=options) as simulator:
        yield simulator


@pytest.fixture
def lync(shared: LyncSimulator) -> LyncSimulator:
    shared.reset()
    return shared


@pytest.fixture
def ucwa(lync: LyncSimulator) -> Iterator[Ucwa]:
    client = Ucwa(lync)
    client.start()
    yield client
    client.close()


@pytest.fixture
def simulator() -> Iterator[Callable[..., LyncSimulator]]:
    """Start a simulator with options of its own."""
    with ExitStack() as stack:

        def start(
            port: int = 0, *, faults: Any = (), ucwa_port: int | None = None, **options: Any
        ) -> LyncSimulator:
            settings = Options(**{"shortest_poll": 0.3, **options})
            return stack.enter_context(
                LyncSimulator(port, options=settings, faults=faults, ucwa_port=ucwa_port)
            )

        yield start
