"""MS Lync (Lync Server 2013, Skype for Business Server) through UCWA 2.0. Start at adapter.py."""

from app.providers.lync.adapter import Lync
from app.providers.lync.card import MS_LYNC

CARD = MS_LYNC
PROVIDER = Lync
