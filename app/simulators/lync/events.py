"""The pending GET: it waits for events, a timeout or its successor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from app.simulators.lync import rooms
from app.simulators.lync.channel import Parked
from app.simulators.lync.state import Application, Pool
from app.simulators.lync.wire import Answer, Call, UcwaError, failure, invalid, resource

_LONGEST = 1800.0
_SHORTEST_HOLD = 5.0


def poll(pool: Pool, call: Call, app: Application) -> Answer | Awaitable[Answer]:
    """GET events: an answer at once if there is something to say, otherwise later."""
    channel, href = app.channel, app.href("events")
    ack, priority = _number(call, "ack"), int(_number(call, "priority", 0))
    _remember_timing(pool, call, app)
    _check_absence(pool, call, app)
    if pool.faults.strikes("poll-replaced", call):
        raise _replaced()
    if pool.faults.strikes("channel-resync", call):
        return resource(channel.out_of_step(href))
    if channel.sent is not None and ack == channel.sent_ack:
        return resource(channel.sent)
    if ack != channel.ack:
        return resource(channel.out_of_step(href))
    channel.sent = None  # acknowledged by the use of its next link
    if channel.parked and channel.parked.priority > priority:
        raise _replaced()
    former, channel.parked = channel.parked, Parked(priority)
    if former:
        former.wake()
    channel.release()
    return _wait(pool, app, channel.parked)


def flush(pool: Pool) -> None:
    """Release every pending GET that has something to tell."""
    for application in pool.applications.values():
        application.channel.release()


async def _wait(pool: Pool, app: Application, parked: Parked) -> Answer:
    timeout = app.channel.timeout or pool.options.shortest_poll
    try:
        await asyncio.wait_for(asyncio.wrap_future(parked.future), timeout)
        if pool.options.aggregation:
            await asyncio.sleep(pool.options.aggregation)
    except TimeoutError:
        pass
    with pool.lock:
        return _outcome(pool, app, parked)


def _outcome(pool: Pool, app: Application, parked: Parked) -> Answer:
    """The pending GET goes on: its application may be gone, or a later one took its place."""
    if pool.applications.get(app.id) is not app:
        return failure(UcwaError(404, "ApplicationNotFound", "The application resource does not exist."))
    if app.channel.parked is not parked:
        return failure(_replaced())
    app.last_seen = app.channel.last_poll = pool.clock.now()
    if pool.options.aggregation:
        app.channel.forget_short_visits()
    return resource(app.channel.package(app.href("events")))


def _remember_timing(pool: Pool, call: Call, app: Application) -> None:
    """The parameters stay in force until they are given again. [judge] A value out of range is a 400."""
    if "timeout" in call.query:
        app.channel.timeout = _number(call, "timeout", least=pool.options.shortest_poll, most=_LONGEST)
    for name in ("medium", "low"):
        if name in call.query:
            setattr(app.channel, name, _number(call, name, least=_SHORTEST_HOLD, most=_LONGEST))


def _check_absence(pool: Pool, call: Call, app: Application) -> None:
    """After a long silence the conversations are gone, and the next answer says `resume`."""
    channel, now = app.channel, pool.clock.now()
    long_ago = channel.last_poll is not None and now - channel.last_poll > pool.options.resume_after
    channel.last_poll = now
    if pool.faults.strikes("channel-resume", call) or (long_ago and channel.parked is None):
        for talk in list(app.conversations.values()):
            rooms.end(pool, talk)
        channel.pending.clear()
        channel.resume, channel.timeout, channel.medium, channel.low = True, None, 5.0, 15.0


def _number(
    call: Call, name: str, default: float | None = None, least: float = 0, most: float = 1e9
) -> float:
    text = call.query.get(name, "" if default is None else str(default))
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not least <= value <= most:
        raise invalid("A parameter value is not valid.", **{name: f"A number from {least:g} to {most:g}."})
    return value


def _replaced() -> UcwaError:
    return UcwaError(409, "PGetReplaced", "The pending GET was replaced by another one.")
