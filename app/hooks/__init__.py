"""The door for providers: what they tell by themselves (webhooks), taken in and durable before the answer.

`router` holds the addresses, `dress` their errors. Nobody signs in here: each connection's provider proves
itself in its own way, with a secret that an administrator gave to both sides.
"""

from app.hooks.routes import dress as dress
from app.hooks.routes import router as router
