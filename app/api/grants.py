"""/api/v1/users/{id}/roles and /grants: roles and single permissions, given and taken back."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.api.answers import BasedOn, Once
from app.api.callers import Inside
from app.api.users import ConstraintView, Managing, UserView, shown
from app.domain.actor import Constraint, Grant
from app.domain.errors import InvalidRequest
from app.domain.people import is_email, person_key
from app.domain.permissions import Scope

router = APIRouter(prefix="/api/v1/users/{user_id}", tags=["Users"])


class GivenRole(BaseModel):
    role: str = Field(examples=["training-administrator"])


class GivenPermission(BaseModel):
    """`constraint`: only for permissions that can be constrained, as /api/v1/permissions tells them."""

    scope: Scope
    constraint: ConstraintView | None = None

    def grant(self) -> Grant:
        """Raises InvalidRequest for what cannot be narrowed, or is narrowed to nothing."""
        asked = self.constraint
        if asked is None:
            return Grant(self.scope)
        if not all(is_email(email) for email in asked.instructors):
            raise InvalidRequest("Among the instructors is something that is not an e-mail address.")
        names = frozenset(person_key(email) for email in asked.instructors)
        vendors = frozenset(asked.vendors)
        return Grant(self.scope, Constraint(names, vendors, asked.own_classes, asked.own_vendors))


@router.post("/roles", status_code=201, response_model=UserView, summary="Give a role")
async def give_role(
    house: Inside, actor: Managing, user_id: UUID, given: GivenRole, known: BasedOn, once: Once
) -> Response:
    """The user signs in anew."""

    async def deed() -> Response:
        await house.users.give(actor, user_id, known, given.role)
        return await shown(house, actor, user_id, 201)

    return await once(deed)


@router.post("/grants", status_code=201, response_model=UserView, summary="Give a single permission")
async def give_permission(
    house: Inside, actor: Managing, user_id: UUID, given: GivenPermission, known: BasedOn, once: Once
) -> Response:
    """The user signs in anew."""

    async def deed() -> Response:
        await house.users.give(actor, user_id, known, given.grant())
        return await shown(house, actor, user_id, 201)

    return await once(deed)


@router.delete("/grants/{grant_id}", response_model=UserView, summary="Take a role or a permission back")
async def take(house: Inside, actor: Managing, user_id: UUID, grant_id: UUID, known: BasedOn) -> Response:
    """`grant_id`: of a line among the user's grants, a role's too. The user signs in anew."""
    await house.users.take(actor, user_id, known, grant_id)
    return await shown(house, actor, user_id)
