"""Whether a person opened the link, or a machine looked at it for one.

Looking must leave no trace: a browser that fetches ahead, a chat program that draws a preview and HEAD
enter nobody. Whoever is taken for a machine by mistake gets a page with a link that always enters.
"""

import re

from fastapi import Request

CONFIRMED = "person"  # /join/…?person=yes: somebody pressed "Go to the class" on that page

_FETCHING_AHEAD = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
_AHEAD_HEADERS = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PREVIEWER = re.compile(
    r"bot\b|crawl|spider|preview|slurp|facebookexternalhit|whatsapp|embedly|telegram|discord|skypeuri"
    r"|slack-imgproxy|safelinks|mastodon|vkshare|pinterest|flipboard",
    re.IGNORECASE,
)


def fetched_ahead(request: Request) -> bool:
    """A browser preparing for a click that may never come."""
    return any(_FETCHING_AHEAD.search(request.headers.get(name, "")) for name in _AHEAD_HEADERS)


def only_looking(request: Request) -> bool:
    """HEAD, or a program that draws link previews."""
    if request.method == "HEAD":
        return True
    agent = request.headers.get("user-agent", "")
    return bool(_PREVIEWER.search(agent)) and CONFIRMED not in request.query_params
