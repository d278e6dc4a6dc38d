"""The API of the administrators' side: /api/v1, for machines and for the pages' own scripts.

To add a resource: one file per subject with an `APIRouter`, and its name in `_SUBJECTS` below. In full:

    router = APIRouter(prefix="/api/v1/vendors", tags=["Vendors"])
    Viewing = Annotated[Actor, need(Scope.ILT_VENDORS_VIEW)]
    Creating = Annotated[Actor, need(Scope.ILT_VENDORS_CREATE)]

    @router.get("")
    async def vendors(house: Inside, actor: Viewing, slice: Sliced) -> Slice[Vendor]:
        found = await house.vendors.list(actor, after=slice.after, limit=slice.limit + 1)
        return slice.cut([Vendor.of(one) for one in found], key=lambda one: [one.name, str(one.id)])

    @router.post("", status_code=201, response_model=Vendor)
    async def create(house: Inside, actor: Creating, draft: Draft, once: Once) -> Response:
        async def deed() -> Response:
            made = await house.vendors.create(actor, draft.name)
            return answer(Vendor.of(made), 201, revision=made.revision, location=f"/api/v1/vendors/{made.id}")
        return await once(deed)

    @router.put("/{vendor_id}", response_model=Vendor)
    async def update(house: Inside, actor: Updating, vendor_id: UUID, draft: Draft, known: BasedOn):
        changed = await house.vendors.update(actor, vendor_id, known, draft.name)  # raises Stale: 412
        return answer(Vendor.of(changed), revision=changed.revision)

- `callers`: every route declares who may come, by `need(Scope.X)` or `Signed`; a route that declares nothing
  fails tests/admin/test_matrix.py, which tries all others by themselves. Bearer, Basic or a browser's login.
- `problems.dress`: whatever is raised becomes RFC 9457; nobody writes an error body by hand.
- `answers`: `answer(...)` with its ETag, `BasedOn` (If-Match: 428 without, 412 when Stale is raised), `Once`
  (Idempotency-Key). `slices`: pages by cursor, `Sliced` in and `Slice[T]` out.
"""

from fastapi import APIRouter

from app.api import (
    attendees,
    audit,
    background,
    clients,
    connections,
    faculties,
    grants,
    imports,
    instructors,
    permissions,
    preferences,
    privacy,
    providers,
    rosters,
    schedules,
    sessions,
    users,
    vendors,
)
from app.api.problems import REFUSALS, elsewhere
from app.api.problems import dress as dress

LARGEST_BODY = 1024 * 1024
_SUBJECTS = (
    permissions,
    providers,
    connections,
    preferences,
    vendors,
    instructors,
    imports,
    faculties,
    clients,
    users,
    grants,
    audit,
    background,
    schedules,
    sessions,
    rosters,
    attendees,
    privacy,
)

router = APIRouter(responses=REFUSALS, max_body_size=LARGEST_BODY)
for _subject in _SUBJECTS:
    router.include_router(_subject.router)
router.include_router(elsewhere)
