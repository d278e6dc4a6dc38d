"""The join door: the link that a learner or instructor opens, and the practice room behind it.

`router` holds its pages, `dress` its errors, `assets` is the ASGI app for `STATIC_PATH` (styles and scripts).
"""

from fastapi import APIRouter

from app.join import room, routes
from app.join.assets import STATIC_PATH as STATIC_PATH
from app.join.assets import asset as asset
from app.join.assets import assets as assets
from app.join.errors import dress as dress

router = APIRouter()
router.include_router(routes.router)
router.include_router(room.router)
router.include_router(routes.elsewhere)
