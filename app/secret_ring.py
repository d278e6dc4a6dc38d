"""The text that seals secrets in the database: from the environment, in development made once and kept."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from app.settings import Settings


def secret_ring(settings: Settings) -> str:
    """`VILT_SECRET_KEY`; in development a text made once, kept beside the database for its owner only."""
    given = settings.secret_key.get_secret_value()
    if given:
        return given
    database = make_url(settings.database_url).database
    is_file = settings.database_url.startswith("sqlite") and database
    folder = Path(str(database)).parent if is_file else Path("data")
    file = folder / "secret.key"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_once(file, secrets.token_urlsafe(32))
    return file.read_text().strip()


def _write_once(file: Path, text: str) -> None:
    """Several processes may start at once: the first whole file stays."""
    draft = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as made:
        made.write(text)
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()
