"""`/_simulator/…`: the levers as a small JSON API, for commands and tests outside of this process.

It asks for no password: whoever can reach the port can pull the levers, so the simulator listens on
127.0.0.1 unless it is told otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from app.simulators.lync.controls import Controls, Json, known_faults
from app.simulators.lync.wire import Answer, Call, resource

PREFIX = "/_simulator"
Lever = Callable[[Json], Any]


class Control:
    """Finds the lever for a request and pulls it."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def answer(self, call: Call) -> Answer:
        """200 with what the lever gives back; 400 or 404 with an `error` in plain words."""
        path = [unquote(part) for part in call.path.removeprefix(PREFIX).split("/") if part]
        try:
            lever = self._find(call.method, path)
            body = json.loads(call.body) if call.body else {}
            return resource({"result": lever(body)})
        except LookupError as exc:
            return resource({"error": str(exc.args[0] if exc.args else exc)}, 404)
        except (ValueError, TypeError, AttributeError) as exc:
            return resource({"error": str(exc)}, 400)

    def _find(self, method: str, path: list[str]) -> Lever:
        levers = {**self._of_server(), **self._of_meetings(path)}
        name = f"{method} {'/'.join(path)}"
        if method == "DELETE" and path[:1] == ["faults"] and len(path) == 2:
            return lambda body: self._controls.fault_off(path[1])
        if name not in levers:
            raise LookupError(f"There is no lever {name!r}. There are: {', '.join(sorted(levers))}.")
        return levers[name]

    def _of_server(self) -> dict[str, Lever]:
        c = self._controls
        return {
            "GET faults": lambda body: {"known": known_faults(), "on": c.faults()},
            "POST faults": lambda body: c.fault_on(**body),
            "DELETE faults": lambda body: c.fault_off(),
            "GET requests": lambda body: c.requests(),
            "DELETE requests": lambda body: c.clear_requests(),
            "GET people": lambda body: c.people(),
            "POST people": lambda body: c.add_person(**body),
            "POST accounts/lock": lambda body: c.lock_account(**body),
            "GET meetings": lambda body: c.meetings(),
            "POST clock": lambda body: c.advance(float(body["advance"])),
            "POST tokens/expire": lambda body: c.expire_tokens(),
            "POST applications/drop": lambda body: c.drop_applications(),
            "POST reset": lambda body: c.reset(),
        }

    def _of_meetings(self, path: list[str]) -> dict[str, Lever]:
        """The levers of one meeting, named by its id."""
        c, name = self._controls, path[1] if len(path) > 1 else "{id}"
        at = f"meetings/{name}"
        return {
            f"DELETE {at}": lambda body: c.remove_meeting(name),
            f"POST {at}/touch": lambda body: c.touch_meeting(name),
            f"GET {at}/participants": lambda body: c.participants(name),
            f"POST {at}/join": lambda body: c.join(name, **body),
            f"POST {at}/leave": lambda body: c.leave(name, body["uri"]),
            f"POST {at}/admit": lambda body: c.admit(name, body["uri"]),
            f"POST {at}/lobby": lambda body: c.to_lobby(name, body["uri"]),
            f"POST {at}/promote": lambda body: c.promote(name, body["uri"]),
            f"POST {at}/demote": lambda body: c.demote(name, body["uri"]),
        }
