"""An LMS as real ones are: retries until answered, sometimes twice at once, remembers what it heard."""

import asyncio
import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import httpx

TRIES = 200  # some five minutes


@dataclass
class Wish:
    """One session as the LMS last wanted it, and what it was promised."""

    id: str
    title: str = ""
    cancelled: bool = False
    launched: set[str] = field(default_factory=set)


@dataclass
class Lms:
    """Plays a story for each session. `broken` collects answers that were not in the envelope; `refused`
    counts those in it that were not Success, `lost` the calls without an answer."""

    ports: list[int]
    auth: tuple[str, str]
    chance: Random
    wishes: dict[str, Wish] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    answers: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0

    def __str__(self) -> str:
        return (
            f"{self.answers} answers ({self.refused} not Success, {len(self.broken)} out of the envelope), "
            f"{self.lost} calls without one, {self.doubled} calls to all replicas at once"
        )

    async def play(self, sessions: int, at_once: int) -> None:
        limit = asyncio.Semaphore(at_once)
        async with httpx.AsyncClient(auth=self.auth, timeout=15) as http:
            self._http = http
            await asyncio.gather(*(self._guarded(limit) for _ in range(sessions)))

    async def _guarded(self, limit: asyncio.Semaphore) -> None:
        async with limit:
            await self._story(len(self.wishes))

    async def _story(self, number: int) -> None:
        wish = Wish(str(UUID(int=self.chance.getrandbits(128))))
        self.wishes[wish.id] = wish
        await self._want(wish, "POST", f"class {number}")
        if self.chance.random() < 0.4:
            await self._want(wish, "PUT", f"class {number} moved")
        for person in range(self.chance.randrange(3)):
            await self._launch(wish, f"p{person}.{number}@example.com")
        if self.chance.random() < 0.3:
            await self._cancel(wish)
            if self.chance.random() < 0.3:
                await self._want(wish, "POST", f"class {number} again")

    async def _want(self, wish: Wish, method: str, title: str) -> None:
        begin = datetime.now(UTC) + timedelta(days=1)
        body = {
            "CreatorEmail": "admin@example.com",
            "Title": title,
            "DateBegin": begin.strftime("%Y-%m-%dT%H:%M:%S"),
            "DateEnd": (begin + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S"),
            "TimeZone": {"UTCOffset": "+00:00"},
            "SessionId": wish.id,
        }
        path = "/session" if method == "POST" else f"/session/{wish.id}"
        wish.title, wish.cancelled = title, False
        await self._until_answered(method, path, body)

    async def _cancel(self, wish: Wish) -> None:
        wish.cancelled = True
        await self._until_answered("DELETE", f"/session/{wish.id}")

    async def _launch(self, wish: Wish, email: str) -> None:
        encoded = base64.b64encode(email.encode()).decode()
        await self._until_answered("GET", f"/session/{wish.id}/user/{encoded}/url")
        wish.launched.add(email)

    async def _until_answered(self, method: str, path: str, body: object = None) -> None:
        """Send, to both replicas at once now and then, until one says Success."""
        for attempt in range(TRIES):
            ports = list(self.ports) if self.chance.random() < 0.15 else [self.chance.choice(self.ports)]
            self.doubled += len(ports) > 1
            answers = await asyncio.gather(*(self._send(port, method, path, body) for port in ports))
            if any(answers):
                return
            await asyncio.sleep(min(0.2 * 2**attempt, 2.0) * (0.5 + self.chance.random()))
        raise RuntimeError(f"{method} {path} was never answered with Success")

    async def _send(self, port: int, method: str, path: str, body: object) -> bool:
        try:
            answer = await self._http.request(method, f"http://127.0.0.1:{port}{path}", json=body)
        except httpx.HTTPError:  # the process was killed, or is not back yet
            self.lost += 1
            return False
        self.answers += 1
        return self._is_success(answer)

    def _is_success(self, answer: httpx.Response) -> bool:
        try:
            envelope = answer.json()
            if answer.status_code == 200 and envelope["status"] == "Success":
                return True
            assert envelope["error"]["code"] == answer.status_code
            assert envelope["error"]["message"]
            self.refused += 1
        except (ValueError, KeyError, AssertionError):
            self.broken.append(f"{answer.status_code} {answer.text[:200]}")
        return False
