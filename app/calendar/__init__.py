"""The calendar door: an instructor's classes as iCalendar, under a secret address that can be revoked.

`router` holds the one address, `dress` its errors. Nobody signs in here; whoever has the address reads.
"""

from app.calendar.routes import dress as dress
from app.calendar.routes import router as router
