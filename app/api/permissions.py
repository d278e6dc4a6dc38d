"""GET /api/v1/permissions: the catalogue, the roles, and what the caller has of it."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.callers import Signed
from app.domain.permissions import CATALOGUE, ROLES, Permission

router = APIRouter(prefix="/api/v1/permissions", tags=["Permissions"])


class PermissionEntry(BaseModel):
    """One permission. `needs`: works only together with that scope. `held`: by whoever asked."""

    name: str = Field(examples=["ILT Vendors - Update"])
    scope: str = Field(examples=["ilt-vendors:update"])
    category: str
    description: str
    needs: str | None
    constrainable: bool
    constrainable_by: list[str]
    held: bool


class RoleEntry(BaseModel):
    """A bundle of permissions. `own_classes`: what can be constrained is, to the user's own classes."""

    key: str
    name: str
    description: str
    scopes: list[str]
    own_classes: bool


class Catalogue(BaseModel):
    permissions: list[PermissionEntry]
    roles: list[RoleEntry]


@router.get("", summary="Every permission, and what you have")
async def permissions(actor: Signed) -> Catalogue:
    """An OAuth scope and a person's permission are the same thing."""
    return Catalogue(
        permissions=[_entry(entry, actor.may(entry.scope)) for entry in CATALOGUE.values()],
        roles=[
            RoleEntry(
                key=role.key,
                name=role.name,
                description=role.description,
                scopes=list(role.scopes),
                own_classes=role.own_classes,
            )
            for role in ROLES.values()
        ],
    )


def _entry(entry: Permission, held: bool) -> PermissionEntry:
    return PermissionEntry(
        name=entry.name,
        scope=entry.scope,
        category=entry.category,
        description=entry.description,
        needs=entry.needs,
        constrainable=entry.constrainable,
        constrainable_by=list(entry.limits),
        held=held,
    )
