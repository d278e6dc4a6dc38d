"""The administrators' door: pages under /admin, for whoever is signed in and as far as permissions reach.

To add a page: one file with its routes, one template, one line each in `_SUBJECTS` below and in
`navigation.PLACES`. The file in full:

    router = APIRouter(prefix="/admin/vendors", include_in_schema=False)
    Viewing = Annotated[Actor, need(Scope.ILT_VENDORS_VIEW)]

    @router.get("")
    async def vendors(request: Request, house: Inside, actor: Viewing) -> Response:
        return page(request, "vendors.html", vendors=await house.vendors.list(actor))

    @router.post("")
    async def create(request: Request, house: Inside, actor: Creating, form: Form) -> Response:
        made = await attempt(house.vendors.create(actor, form.text("name")))
        if isinstance(made, ConnectorError):  # what the person can put right: shown over the filled-in form
            return refused(request, "vendors.html", made, form=form)
        return see_other(request, "/admin/vendors", "The vendor is created.")

- `signed`: every route declares who may come: `need(Scope.X)`, `Signed` (any login) or `ANYONE`. A route
  that declares nothing fails tests/admin/test_matrix.py, which tries all others by themselves.
  `Inside` is the house, `Browser` the login (its user's name, secret, form token).
- `forms`: every POST takes `form: Form` (the token is checked; `text`, `raw`, `all`, `lines`, `checked`,
  `number`, `file`); `attempt(deed)` gives back what a person can put right instead of raising it. All
  else is raised and dressed by `errors.dress`.
- `pages`: `page(request, "x.html", status, trail=[("Users", "/admin/users")], **values)`, `see_other(request,
  path, "What is said there once")`, `confirm(...)` before harm.
- A template extends `frame.html` (blocks `title`, `main`, `head`), imports `parts.html` (`token`, `field`,
  `area`, `tick`, `moment`, `nothing`), and writes links as `{{ up }}admin/…`. Forms begin with
  `{{ parts.token(login) }}`; forms that edit carry `<input type="hidden" name="revision" …>`.
"""

from fastapi import APIRouter
from starlette.staticfiles import StaticFiles

from app.admin import (
    account,
    audit,
    background,
    feed,
    free,
    grants,
    home,
    imports,
    instructors,
    integrations,
    lessons,
    login,
    marketplace,
    oidc,
    permissions,
    preferences,
    privacy,
    rosters,
    schedule,
    sessions,
    users,
    vendors,
)
from app.admin.assets import STATIC_FOLDER
from app.admin.assets import STATIC_PATH as STATIC_PATH
from app.admin.errors import dress as dress
from app.admin.forms import LARGEST_FORM

_SUBJECTS = (
    login,
    oidc,
    account,
    permissions,
    users,
    grants,
    preferences,
    marketplace,
    integrations,
    imports,
    instructors,
    vendors,
    schedule,
    free,
    feed,
    lessons,
    sessions,
    rosters,
    privacy,
    audit,
    background,
)

assets = StaticFiles(directory=STATIC_FOLDER)
router = APIRouter(max_body_size=LARGEST_FORM)
router.include_router(home.router)
for _subject in _SUBJECTS:
    router.include_router(_subject.router)
router.include_router(home.elsewhere)
