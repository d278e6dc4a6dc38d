"""An LMS in a few lines: schedules a class through the contract and asks for people's links."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.conftest import Hands


@dataclass(frozen=True)
class Portal:
    """One portal with its account. Times are minutes from the clock's now."""

    http: httpx.AsyncClient
    auth: tuple[str, str]
    clock: Hands

    async def plan(self, begins_in: float = 5, minutes: float = 60, **fields: Any) -> str:
        """A class; its SessionId."""
        body = self.wanted(begins_in, minutes, **fields)
        await self._ask("POST", "/session", json=body)
        return str(body["SessionId"])

    def wanted(self, begins_in: float = 5, minutes: float = 60, **fields: Any) -> dict[str, Any]:
        """What is sent for a class; `session_id` names one that there is already."""
        begins = self.clock() + timedelta(minutes=begins_in)
        return {
            "SessionId": fields.pop("session_id", None) or str(uuid4()),
            "Title": "Fire safety",
            "CreatorEmail": "admin@example.com",
            "DateBegin": _wire(begins),
            "DateEnd": _wire(begins + timedelta(minutes=minutes)),
            **fields,
        }

    async def cancel(self, session_id: str) -> None:
        await self._ask("DELETE", f"/session/{session_id}")

    async def link(self, session_id: str, email: str) -> str:
        """The path of this person's link."""
        return httpx.URL(await self.url(session_id, email)).path

    async def url(self, session_id: str, email: str) -> str:
        code = base64.urlsafe_b64encode(email.encode()).decode()
        answer = await self._ask("GET", f"/session/{session_id}/user/{code}/url")
        return str(answer["data"]["joinUrl"])

    async def attendees(self, session_id: str) -> list[str]:
        answer = await self._ask("GET", f"/session/{session_id}/attendees")
        return [row["email"] for row in answer["data"]["attendees"]]

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = await self.http.request(method, path, auth=self.auth, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def _wire(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"
