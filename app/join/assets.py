"""The files that pages load: one folder, served under /static, named with their content's hash."""

from functools import cache
from hashlib import blake2b
from os import PathLike, stat_result
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC_PATH = "/static"
STATIC_FOLDER = Path(__file__).parent / "static"


class Assets(StaticFiles):
    """Static files that browsers may keep: a changed file has a changed address (`?v=`)."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "public, max-age=3600"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


assets = Assets(directory=STATIC_FOLDER)


@cache
def asset(name: str) -> str:
    """The address of a file without the leading slash: pages go up to the root by themselves."""
    version = blake2b((STATIC_FOLDER / name).read_bytes(), digest_size=5).hexdigest()
    return f"{STATIC_PATH[1:]}/{name}?v={version}"
