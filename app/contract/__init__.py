"""The contract door: what the LMS says to us, and the envelope that every answer leaves in.

`door(rules)` is an ASGI application that owns every path which no other door took: hang it as the default of
the main router. `ROUTES` are its routes, for the generated document.
"""

from app.contract.entrance import ROUTES, DoorRules, First, door

__all__ = ["ROUTES", "DoorRules", "First", "door"]
