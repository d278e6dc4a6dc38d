"""The load: keep-alive connections on asyncio protocols, closed loop (saturating) or open loop (paced)."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

DRAIN_SECONDS = 90
HEAD_END = b"\r\n\r\n"


@dataclass(slots=True)
class Slice:
    """One turn of one variant. `cpu`: seconds of processor time that the server used for it."""

    answered: int
    refused: int
    seconds: float
    cpu: float = 0.0
    first_refusal: str = ""
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.answered / self.seconds

    @property
    def cpu_micros(self) -> float:
        """Processor time of the server per request."""
        return self.cpu / max(self.answered, 1) * 1e6

    @property
    def busy(self) -> float:
        """Share of its core that the server used; far below 1 at saturation, others had the machine."""
        return self.cpu / self.seconds

    def percentile(self, share: float) -> float:
        """Latency in seconds below which `share` of the answers came."""
        ranked = sorted(self.latencies)
        return ranked[min(len(ranked) - 1, int(len(ranked) * share))]


class Lane(asyncio.Protocol):
    """One keep-alive connection with one request in flight; `on_answer(lane, status, body)` at its end."""

    def __init__(self, on_answer: "Callable[[Lane, int, bytes], None]") -> None:
        self._on_answer = on_answer
        self._transport: asyncio.Transport | None = None
        self._seen = b""
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are not of that class

    def send(self, request: bytes) -> None:
        assert self._transport is not None
        self.sent_at = perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        seen = self._seen + data if self._seen else data
        head_end = seen.find(HEAD_END)
        if head_end < 0 or len(seen) < head_end + 4 + (length := _length(seen[:head_end])):
            self._seen = seen
            return
        self._seen = b""
        body = seen[head_end + 4 : head_end + 4 + length]
        self._on_answer(self, int(seen[9:12]), body)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._transport = None
            self._on_answer(self, 0, b"connection closed by the server")

    def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()


def _length(head: bytes) -> int:
    place = head.find(b"content-length: ")
    if place < 0:
        if b"transfer-encoding: chunked" in head:
            raise ValueError("this load generator reads no chunked answers")
        return 0
    end = head.find(b"\r\n", place)
    return int(head[place + 16 : end if end > 0 else None])


class _Closed:
    """Every lane sends its next request when the last one was answered."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self.requests, self.stopped = requests, False
        self.answered = self.refused = self.in_flight = 0
        self.first_refusal = ""
        self.done = asyncio.Event()

    def on_answer(self, lane: Lane, status: int, body: bytes) -> None:
        self.answered += 1
        if not 200 <= status < 300:
            self.refused += 1
            self.first_refusal = self.first_refusal or f"{status} {body[:300]!r}"
        self.in_flight -= 1
        if status:
            self.feed(lane)
        elif self.in_flight == 0:
            self.done.set()

    def feed(self, lane: Lane) -> None:
        request = None if self.stopped else next(self.requests, None)
        if request is None:
            if self.in_flight == 0:
                self.done.set()
            return
        self.in_flight += 1
        lane.send(request)


async def closed(
    port: int,
    requests: Iterator[bytes],
    *,
    seconds: float | None = None,
    connections: int = 64,
    cpu: Callable[[], float] = lambda: 0.0,
) -> Slice:
    """Saturate for `seconds`, or until `requests` end. `cpu` reads the server's processor time so far."""
    run = _Closed(requests)
    async with _lanes(port, connections, run.on_answer) as lanes:
        cpu_before, began = cpu(), perf_counter()
        for lane in lanes:
            run.feed(lane)
        try:
            async with asyncio.timeout(seconds):
                await run.done.wait()
        except TimeoutError:
            pass
        found = Slice(run.answered, run.refused, perf_counter() - began, cpu() - cpu_before)
        run.stopped = True
        async with asyncio.timeout(DRAIN_SECONDS):
            await run.done.wait()
    found.refused, found.first_refusal = run.refused, run.first_refusal
    return found


class _Paced:
    """A request is sent at its hour, whether the ones before are answered or not."""

    def __init__(self) -> None:
        self.idle: list[Lane] = []
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.began: dict[Lane, float] = {}
        self.latencies: list[float] = []
        self.refused = 0
        self.first_refusal = ""

    def send(self, request: bytes, due: float) -> None:
        if self.idle:
            lane = self.idle.pop()
            lane.send(request)
            # A timer's own lateness is the generator's fault; waiting for a free connection is the server's.
            self.began[lane] = lane.sent_at
        else:
            self.waiting.append((due, request))

    def on_answer(self, lane: Lane, status: int, body: bytes) -> None:
        self.latencies.append(perf_counter() - self.began.pop(lane))
        if not 200 <= status < 300:
            self.refused += 1
            self.first_refusal = self.first_refusal or f"{status} {body[:300]!r}"
        if not status:
            return
        if self.waiting:
            due, request = self.waiting.popleft()
            lane.send(request)
            self.began[lane] = due
        else:
            self.idle.append(lane)


async def paced(
    port: int, requests: Iterator[bytes], *, rate: float, seconds: float, connections: int = 256
) -> Slice:
    """`rate` requests per second at even distances; the latency of each, in seconds."""
    run = _Paced()
    async with _lanes(port, connections, run.on_answer) as lanes:
        run.idle.extend(lanes)
        began = perf_counter()
        for number in range(int(rate * seconds)):
            due = began + number / rate
            if (pause := due - perf_counter()) > 0:
                await asyncio.sleep(pause)
            run.send(next(requests), due)
        async with asyncio.timeout(DRAIN_SECONDS):
            while run.began or run.waiting:
                await asyncio.sleep(0.01)
        taken = perf_counter() - began
    answered = len(run.latencies)
    return Slice(answered, run.refused, taken, first_refusal=run.first_refusal, latencies=run.latencies)


@asynccontextmanager
async def _lanes(  # type: ignore[no-untyped-def]
    port: int, count: int, on_answer: Callable[[Lane, int, bytes], None]
):
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        lanes: list[Lane] = []
        for _ in range(count):
            _, lane = await loop.create_connection(lambda: Lane(on_answer), "127.0.0.1", port)
            stack.callback(lane.close)
            lanes.append(lane)
        yield lanes
