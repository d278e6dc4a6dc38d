"""Jitsi Meet on a server of one's own, with JWT sign-in and event_sync. Start at adapter.py."""

from app.providers.jitsi.adapter import Jitsi
from app.providers.jitsi.card import JITSI_MEET

CARD = JITSI_MEET
PROVIDER = Jitsi
