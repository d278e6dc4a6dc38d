"""The door for providers: what they tell by themselves (webhooks), taken in and durable before the answer.

`First` takes everything below /hooks/; `ROUTES` are its addresses, for the document. Nobody signs in
here: each connection's provider proves itself in its own way, with a secret that an administrator gave to
both sides.
"""

from app.hooks.documents import ROUTES as ROUTES
from app.hooks.entrance import First as First
