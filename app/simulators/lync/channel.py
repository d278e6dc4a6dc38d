"""The event channel of one application: what waits to be told, what was told, who waits for it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One event with its sender; `body` is the event as it will be printed."""

    sender_rel: str
    sender_href: str
    body: Json


@dataclass(eq=False)
class Parked:
    """A pending GET that waits for events."""

    priority: int
    future: Future[None] = field(default_factory=Future)

    def wake(self) -> None:
        """Let the request go on; waking twice does no harm."""
        if not self.future.done():
            self.future.set_result(None)


@dataclass
class Channel:
    """`ack` is the number that the next poll must carry; the last package is kept until then.

    [judge] A poll that repeats the number of the last package, because its answer got lost on the way, gets
    the same package again; any other wrong number gets `resync`.
    """

    ack: int = 1
    pending: list[Event] = field(default_factory=list)
    sent_ack: int = 0
    sent: Json | None = None
    parked: Parked | None = None
    timeout: float | None = None
    medium: float = 5.0
    low: float = 15.0
    last_poll: float | None = None
    resume: bool = False

    def tell(self, event: Event) -> None:
        """Queue an event."""
        self.pending.append(event)

    def release(self) -> None:
        """Wake the pending GET if there is something to tell."""
        if self.parked and (self.pending or self.resume):
            self.parked.wake()

    def package(self, href: str) -> Json:
        """The next answer: every queued event, grouped by sender in the order of arrival."""
        following = "resume" if self.resume else "next"
        links = {
            "self": {"href": f"{href}?ack={self.ack}"},
            following: {"href": f"{href}?ack={self.ack + 1}"},
        }
        body: Json = {"_links": links}
        if self.pending:
            body["sender"] = self._by_sender()
        self.sent_ack, self.sent = self.ack, body
        self.ack += 1
        self.pending, self.parked, self.resume = [], None, False
        return body

    def out_of_step(self, href: str) -> Json:
        """The answer to a wrong number: nothing but the way back to what was not acknowledged yet."""
        first = self.sent_ack if self.sent is not None else self.ack
        return {"_links": {"resync": {"href": f"{href}?ack={first}"}}}

    def _by_sender(self) -> list[Json]:
        senders: list[Json] = []
        for event in self.pending:
            if not senders or senders[-1]["href"] != event.sender_href:
                senders.append({"rel": event.sender_rel, "href": event.sender_href, "events": []})
            senders[-1]["events"].append(event.body)
        return senders

    def forget_short_visits(self) -> None:
        """Aggregation: somebody who came and went within one package leaves no trace."""
        gone = {e.body["link"]["href"] for e in self.pending if _plain(e, "deleted")}
        visits = {e.body["link"]["href"] for e in self.pending if _plain(e, "added")} & gone
        self.pending = [event for event in self.pending if event.body["link"]["href"] not in visits]


def _plain(event: Event, kind: str) -> bool:
    link = event.body["link"]
    return link["rel"] == "participant" and event.body["type"] == kind and "in" not in event.body
