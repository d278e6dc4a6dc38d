"""The OAuth door: a client's id and secret become a short-lived token (RFC 6749, 7009, 8414, 9068).

`router` needs `app.state.house` (its `access` and `tokens`); `dress` is how this door says no.
"""

from app.oauth.errors import dress
from app.oauth.routes import router

__all__ = ["dress", "router"]
