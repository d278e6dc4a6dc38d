"""/api/v1/users: administrators: invited, looked at, renamed, switched off and on, given a new link."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app.api.answers import BasedOn, Once, answer
from app.api.callers import Inside, need
from app.api.slices import Slice, Sliced
from app.domain.actor import Actor, Constraint
from app.domain.people import person_key
from app.domain.permissions import Scope
from app.services.users import Given, Invitation, ListedUser, Newcomer, UserChange
from app.wiring import House

router = APIRouter(prefix="/api/v1/users", tags=["Users"])
Managing = Annotated[Actor, need(Scope.USERS_MANAGE)]


class ConstraintView(BaseModel):
    """What a narrowed permission reaches; every line opens a bit more. `instructors`: classes of these e-mail
    addresses, `vendors`: classes of these; `own_classes`: those that the user teaches, `own_vendors`: of the
    vendors that have the user among their active instructors."""

    instructors: list[str] = []
    vendors: list[UUID] = []
    own_classes: bool = False
    own_vendors: bool = False

    @classmethod
    def of(cls, reach: Constraint) -> "ConstraintView":
        return cls(
            instructors=sorted(reach.instructors),
            vendors=sorted(reach.vendors),
            own_classes=reach.own_classes,
            own_vendors=reach.own_vendors,
        )


class GrantView(BaseModel):
    """A role (by its key) or a single permission (by its scope). `from_groups`: the company's sign-in says
    so, and only there it can be taken back."""

    id: UUID
    role: str | None
    scope: str | None
    constraint: ConstraintView | None
    from_groups: bool

    @classmethod
    def of(cls, line: Given) -> "GrantView":
        reach = line.grant and line.grant.constraint
        return cls(
            id=line.id,
            role=line.role,
            scope=line.grant and line.grant.scope,
            constraint=ConstraintView.of(reach) if reach else None,
            from_groups=line.from_groups,
        )


class UserView(BaseModel):
    """`invited_until`: the end of a one-time link that is still open."""

    id: UUID
    email: str
    name: str
    active: bool
    created_at: datetime
    invited_until: datetime | None
    grants: list[GrantView]

    @classmethod
    def of(cls, listed: ListedUser) -> "UserView":
        user = listed.user
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            active=user.active,
            created_at=user.created_at,
            invited_until=user.invited_until,
            grants=[GrantView.of(line) for line in listed.given],
        )


class NewUser(BaseModel):
    email: str
    name: str = ""
    roles: list[str] = Field(min_length=1, description="Keys of roles, as /api/v1/permissions tells them.")


class UserEdit(BaseModel):
    """What is not said stays."""

    name: str | None = None
    active: bool | None = None


class InvitationView(BaseModel):
    """The link is shown this once. Whoever opens it sets the user's password, until it expires."""

    user_id: UUID
    email: str
    link: str
    expires_at: datetime

    @classmethod
    def of(cls, made: Invitation) -> "InvitationView":
        return cls.model_validate(made, from_attributes=True)


async def shown(house: House, actor: Actor, user_id: UUID, status: int = 200) -> Response:
    """One user as now stored, with the ETag."""
    known = await house.users.get(actor, user_id)
    return answer(UserView.of(known), status, revision=known.user.revision)


@router.get("", summary="Users by e-mail address")
async def users(
    house: Inside,
    actor: Managing,
    asked: Sliced,
    search: Annotated[str, Query(description="Part of the address or the name.")] = "",
) -> Slice[UserView]:
    found = await house.users.page(actor, search, asked.text(), asked.limit + 1)
    return asked.cut([UserView.of(one) for one in found], key=lambda one: [person_key(one.email)])


@router.post("", status_code=201, response_model=InvitationView, summary="Invite somebody")
async def invite(house: Inside, actor: Managing, new: NewUser, once: Once) -> Response:
    """Nobody hands out more than they have themselves, without constraint."""

    async def deed() -> Response:
        made = await house.users.invite(actor, Newcomer(new.email, new.name, new.roles))
        return answer(InvitationView.of(made), 201, revision=1, location=f"/api/v1/users/{made.user_id}")

    return await once(deed)


@router.get("/{user_id}", response_model=UserView, summary="One user, with roles and permissions")
async def user(house: Inside, actor: Managing, user_id: UUID) -> Response:
    return await shown(house, actor, user_id)


@router.patch("/{user_id}", response_model=UserView, summary="Rename, switch off or on")
async def change(house: Inside, actor: Managing, user_id: UUID, edit: UserEdit, known: BasedOn) -> Response:
    """Whoever is switched off is signed out everywhere at once. Nobody changes their own."""
    await house.users.change(actor, user_id, known, UserChange(edit.name, edit.active))
    return await shown(house, actor, user_id)


@router.post("/{user_id}/reset", response_model=InvitationView, summary="A new link to a password")
async def reset(house: Inside, actor: Managing, user_id: UUID, known: BasedOn, once: Once) -> Response:
    """The present password is good for nothing from now on, and every login ends."""

    async def deed() -> Response:
        return answer(InvitationView.of(await house.users.reset(actor, user_id, known)))

    return await once(deed)
