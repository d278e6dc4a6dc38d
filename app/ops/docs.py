"""The API documentation page, with every asset served from here: it works without the Internet.

Two documents are shown: the contract (by hand; partners rely on it) and the whole service (generated).
"""

from importlib.resources import files
from pathlib import Path

import orjson
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

PAGES = Path(__file__).parent / "pages"
CONTRACT = Path(__file__).parents[2] / "openapi" / "vilt-contract.yaml"
_SWAGGER = Path(str(files("fastapi_offline"))) / "static"  # only its copy of Swagger UI is used

HEADERS = {
    # Swagger UI sets style attributes and draws its icons from data: addresses; nothing else is let in.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
ASSETS = {
    "swagger-ui.css": _SWAGGER / "swagger-ui.css",
    "swagger-ui-bundle.js": _SWAGGER / "swagger-ui-bundle.js",
    "docs.css": PAGES / "docs.css",
    "docs.js": PAGES / "docs.js",
}
_PAGE = (PAGES / "docs.html").read_text("utf-8")
_KEPT = {**HEADERS, "Cache-Control": "public, max-age=3600"}


def service_document(app: FastAPI) -> bytes:
    """The whole service as an OpenAPI document, as `openapi/vilt-service.json` keeps it."""
    return orjson.dumps(app.openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def router() -> APIRouter:
    """The page, its assets and the two documents; none of them describes itself in the document."""
    door = APIRouter(include_in_schema=False)

    @door.get("/docs")
    @door.get("/docs/service")
    async def page() -> HTMLResponse:
        return HTMLResponse(_PAGE, headers=HEADERS)

    @door.get("/docs/assets/{name}")
    async def asset(name: str) -> Response:
        found = ASSETS.get(name)
        return FileResponse(found, headers=_KEPT) if found else Response(status_code=404)

    @door.get("/openapi/vilt-contract.yaml")
    async def contract() -> FileResponse:
        return FileResponse(CONTRACT, media_type="application/yaml", headers=HEADERS)

    @door.get("/openapi/vilt-service.json")
    async def service(request: Request) -> Response:
        return Response(service_document(request.app), media_type="application/json", headers=HEADERS)

    return door
