"""The worker: an engine hands out what `services/jobs.py` says is due (docs/background-work.md)."""

from app.worker.engine import Engine, working
from app.worker.watching import watching

__all__ = ["Engine", "watching", "working"]
