"""The API documentation page, with every asset served from here: it works without the Internet.

Two documents are shown, as they lie in openapi/: the contract (by hand; partners rely on it) and the whole
service (generated; a test fails when it differs from the code).
"""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

DOCUMENTS = Path(__file__).parents[2] / "openapi"
_PAGES = Path(__file__).parent / "pages"
_SWAGGER = Path(str(files("fastapi_offline"))) / "static"  # only its copy of Swagger UI is used

HEADERS = {
    # Swagger UI sets style attributes and draws its icons from data: addresses; nothing else is let in.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_KEPT = {**HEADERS, "Cache-Control": "public, max-age=3600"}
_PAGE = (_PAGES / "docs.html").read_text("utf-8")
_FILES = {
    "/docs/assets/swagger-ui.css": _SWAGGER / "swagger-ui.css",
    "/docs/assets/swagger-ui-bundle.js": _SWAGGER / "swagger-ui-bundle.js",
    "/docs/assets/docs.css": _PAGES / "docs.css",
    "/docs/assets/docs.js": _PAGES / "docs.js",
    "/openapi/vilt-contract.yaml": DOCUMENTS / "vilt-contract.yaml",
    "/openapi/vilt-service.json": DOCUMENTS / "vilt-service.json",
}


def router() -> APIRouter:
    """The page, its assets and the two documents; none of them describes itself in the document."""
    door = APIRouter(include_in_schema=False)

    @door.get("/docs")
    @door.get("/docs/service")
    async def page() -> Response:
        return HTMLResponse(_PAGE, headers=HEADERS)

    for path, file in _FILES.items():
        door.add_api_route(path, _sender(file), response_model=None)
    return door


def _sender(file: Path) -> Callable[[], Awaitable[Response]]:
    async def send() -> Response:
        media_type = "application/yaml" if file.suffix == ".yaml" else None
        return FileResponse(file, media_type=media_type, headers=_KEPT)

    return send
