"""MS Lync (Lync Server 2013, Skype for Business Server) through UCWA 2.0. Start at adapter.py."""

from app.providers.lync.adapter import MS_LYNC, Lync

CARD = MS_LYNC
PROVIDER = Lync
