"""The server's answers in the house's words: the one place where a status or subcode becomes an error.

Every error says one thing to anybody (its message, free of host names) and another to the administrator
(`advice`: what was seen, and what to do).
"""

import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta

import httpx

from app.domain.errors import (
    AccountBroken,
    ConnectorError,
    OutcomeUnknown,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
)
from app.providers.addresses import AddressRefused, NameUnknown
from app.providers.gate import SAFE
from app.providers.lync.wire import Complaint, complaint
from app.providers.retry_after import asked_of

_LATER = frozenset({408, 412, 428, 429, 503})


class AccountTrouble(AccountBroken):
    """Settings, account or rights are at fault; an administrator must act."""

    def __init__(self, advice: str) -> None:
        super().__init__()
        self.advice = advice


class ServerTrouble(ProviderUnavailable):
    """Nothing happened at the server; it may work later."""

    def __init__(self, advice: str, retry_after: timedelta | None = None) -> None:
        super().__init__(retry_after=retry_after)
        self.advice = advice


class Refused(ProviderRejected):
    """The server understood and said no."""

    def __init__(self, advice: str) -> None:
        super().__init__()
        self.advice = advice


class ApplicationLost(ServerTrouble):
    """The server dropped our application before it looked at the request; make it anew and repeat."""


def advice_of(exc: ConnectorError) -> str:
    """What an administrator should read."""
    return str(getattr(exc, "advice", "")) or why(exc)


# From the most telling cause to the least.
_SEEN: tuple[tuple[type[BaseException], str], ...] = (
    (AddressRefused, "it stands for a loopback or private address, which this deployment does not call"),
    (NameUnknown, "the name is not known in the DNS"),
    (ssl.SSLCertVerificationError, "its certificate is not trusted"),
    (ssl.SSLError, "no encrypted connection could be made"),
    (socket.gaierror, "the name is not known in the DNS"),
    (httpx.TimeoutException, "it did not answer in time"),
    (TimeoutError, "it did not answer in time"),
    (httpx.ConnectError, "no connection could be made"),
    (httpx.HTTPError, "the connection broke"),
)


def why(exc: BaseException) -> str:
    """Why no answer came, from the chain of causes."""
    chain = list(_causes(exc))
    for kind, sentence in _SEEN:
        for cause in chain:
            if isinstance(cause, kind):
                detail = getattr(cause, "verify_message", "")
                return f"{sentence} ({detail})" if detail else sentence
    return "it did not answer"


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        seen.add(id(exc))
        yield exc
        exc = exc.__cause__ or exc.__context__


def judge(response: httpx.Response) -> ProviderError:
    """The error that an unsuccessful answer means. Callers handle first what is special to their deed."""
    said = complaint(response)
    status, seen = response.status_code, f"The server answered {said}."
    if status in {401, 403}:
        return AccountTrouble(f"{seen} The account may not do this: check its policies on the server.")
    if status == 409 and said.subcode == "TooManyOnlineMeetings":
        return AccountTrouble(f"{seen} The account has reached its limit of meetings: delete old ones.")
    if status == 410:
        return _gone(said, seen)
    if status in _LATER:
        return ServerTrouble(seen, asked_of(response))
    if status >= 500 or status < 400:
        return _broke(response, seen)
    return Refused(seen)


def _gone(said: Complaint, seen: str) -> ProviderError:
    if said.subcode == "TooManyApplications":
        return AccountTrouble(f"{seen} The account is signed in too often: is it used for something else?")
    if said.subcode == "UserAgentNotAllowed":
        return AccountTrouble(f"{seen} The server's administrator has banned this connector.")
    return ServerTrouble(seen)


def _broke(response: httpx.Response, seen: str) -> ProviderError:
    """A gateway may fail after the server has acted: only a read surely changed nothing."""
    if response.request.method in SAFE:
        return ServerTrouble(seen, asked_of(response))
    unknown = OutcomeUnknown()
    unknown.add_note(seen)
    return unknown
