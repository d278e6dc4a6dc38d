"""Takes people's addresses and everything that opens a door out of a text before it is written down."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

HIDDEN = "[hidden]"

_SECRET_NAMES = re.compile(
    r"passw|secret|authorization|cookie|token|credential|api_?key|join_?url|\blink\b|e_?mail", re.IGNORECASE
)
_SAFE_NAMES = frozenset({"token_type", "token_endpoint", "claim_token"})

# One pattern, so that a text is walked once. The order matters: what is most specific stands first.
_SENSITIVE = re.compile(
    r"""
      (?P<scheme>\b(?:Basic|Bearer)\s+)[\w+/=.~-]+                        # credentials in a header
    | (?P<userinfo>://)[^\s/@]+@                                          # scheme://user:password@host
    | \beyJ[\w-]+\.[\w-]*\.[\w-]*(?:\.[\w-]*){0,2}                        # a JWT
    | (?P<path>/(?:join|room|user|calendar)/)[^\s"'?\#{]+?(?P<rest>/url\b|(?=[\s"'?\#]|$))  # a person's link
    | (?P<name>\b(?:cwt|[\w-]*(?:passw(?:or)?d|secret|token|api_?key))["']?\s*[=:]\s*["']?)[^\s"'&,;}]+
    | [^\s"'<>()\[\]{},;:=/\\]+(?:@|%40)[^\s"'<>()\[\]{},;:=/\\]+         # an e-mail address
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Nearly every text is clean; this tells so ten times faster than the pattern above.
_HINT = re.compile(
    r"@|%40|eyJ|/join/|/room/|/user/|/calendar/|basic|bearer|cwt|passw|secret|token|api", re.IGNORECASE
)
# Its alphabet holds the slash, so it is looked for only after the paths are gone.
_PERHAPS_BASE64 = re.compile(r"\b[\w+/-]{10,}={0,2}", re.ASCII)


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@lru_cache(maxsize=2048)  # most values of a log line were in the line before it
def redact(text: str) -> str:
    """`text` without e-mail addresses, credentials, tokens and personal links."""
    if _UUID.fullmatch(text):  # most correlation ids
        return text
    if _HINT.search(text):
        text = _SENSITIVE.sub(_hide, text)
    return _PERHAPS_BASE64.sub(_hide_address, text)


def redact_value(name: str, value: Any) -> Any:
    """The same for any value that JSON can carry; `name` is the key that it stands under."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if _is_secret(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): redact_value(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact_value(name, inner) for inner in value]
    return redact(value if isinstance(value, str) else str(value))


@lru_cache(maxsize=512)
def _is_secret(name: str) -> bool:
    return name not in _SAFE_NAMES and _SECRET_NAMES.search(name) is not None


def _hide(found: re.Match[str]) -> str:
    groups = found.groupdict()
    before = groups["scheme"] or groups["userinfo"] or groups["path"] or groups["name"] or ""
    after = "@" if groups["userinfo"] else groups["rest"] or ""
    return f"{before}{HIDDEN}{after}"


def _hide_address(found: re.Match[str]) -> str:
    """Launch paths carry the person as base64, in either alphabet, padded or not."""
    bare = found[0].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        plain = b64decode(bare + "=" * (-len(bare) % 4)).decode()
    except (NotBase64, ValueError):
        return found[0]
    return HIDDEN if "@" in plain and plain.isprintable() else found[0]
