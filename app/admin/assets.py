"""This door's own files: one folder under /admin/static, named with their content's hash."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

STATIC_PATH = "/admin/static"
STATIC_FOLDER = Path(__file__).parent / "static"


@cache
def asset(name: str) -> str:
    """The address of a file without the leading slash: pages go up to the root by themselves."""
    version = blake2b((STATIC_FOLDER / name).read_bytes(), digest_size=5).hexdigest()
    return f"{STATIC_PATH[1:]}/{name}?v={version}"
