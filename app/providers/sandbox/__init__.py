"""The practice room: the whole loop with no account anywhere. The class takes place in this service."""

from app.providers.sandbox.adapter import PRACTICE_ROOM, Sandbox

CARD = PRACTICE_ROOM
PROVIDER = Sandbox
