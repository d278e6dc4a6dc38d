"""Descriptions arrive as HTML from a rich-text box and are kept as plain text, in linear time."""

import re
from html import unescape

_TAG = re.compile(r"(<[/!?a-zA-Z][^<>]*>)")
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN = frozenset({"script", "style"})
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_GAPS = re.compile(r"\n{3,}")


def plain_text(html: str) -> str:
    """What a person would read: tags gone, entities resolved, blocks on lines of their own.

    The outcome is text and not markup: whoever puts it into a page escapes it there.
    """
    kept: list[str] = []
    hidden = ""
    for place, piece in enumerate(_TAG.split(html)):
        is_tag = place % 2 == 1
        name = _name(piece) if is_tag else ""
        if hidden:
            hidden = "" if piece.startswith("</") and name == hidden else hidden
        elif name in _HIDDEN and not piece.startswith("</"):
            hidden = name
        elif not is_tag:
            kept.append(unescape(piece))
        elif name in _BREAKS:
            kept.append("\n")
    return _tidy("".join(kept))


def one_line(text: str) -> str:
    """`text` with every run of blanks and control characters as one space."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def has_controls(text: str) -> bool:
    """Whether `text` holds a control character, NUL among them."""
    return _CONTROLS.search(text) is not None


def _name(tag: str) -> str:
    found = _NAME.match(tag)
    return found[1].lower() if found else ""


def _tidy(text: str) -> str:
    lines = (one_line(line) for line in text.splitlines())
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()
