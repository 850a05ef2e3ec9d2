"""An execution for each set of roles: each has a schema of its own, in which the rest does not exist."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from graphql import GraphQLSchema

from hazelgate.api.declaring import Root
from hazelgate.api.loading import OwnApi
from hazelgate.client.rights.rights import LimitedRights, Rights
from hazelgate.client.rights.shapes import Reach, Shape, check_rules, claims_named, roles_named, shape_of
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.gateway.graphql.execution import Execution
from hazelgate.gateway.latest import Latest
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.access import ANONYMOUS, AUTHENTICATED, OPERATOR
from hazelgate.sourcing.errors import CatalogError, Unauthenticated
from hazelgate.sourcing.identity import Identity

logger = logging.getLogger(__name__)

MOST_KEPT = 64
"""Sets of roles whose schemas are kept ready."""

MakeExecution = Callable[[GraphQLSchema, Rights], Execution]


class Executions:
    """
    What executes the operations of each caller.

    Args:
        make: Makes an execution of a schema.
        kept_claims: Those that events keep of their submitter besides the ones that rules name.
        has_tenants: Whether each caller sees its tenant's part alone, and one without a tenant nothing of the domain.

    Raises:
        CatalogError: A rule is none, or a role's schema can't be made.
    """

    def __init__(
        self,
        catalog: Catalog,
        own: OwnApi | None,
        make: MakeExecution,
        *,
        federation: bool = False,
        incremental: bool = False,
        kept_claims: Sequence[str] = (),
        has_tenants: bool = False,
    ) -> None:
        check_rules(catalog)
        self._has_tenants = has_tenants
        self._catalog = catalog
        self._own = own
        self._make = make
        self._federation = federation
        self._incremental = incremental
        self._kept_claims = claims_named(catalog) | frozenset(kept_claims)
        fields = own.fields if own is not None else ()
        self._roles = roles_named(catalog) | {grant.role for each in fields for grant in each.access}
        self._has_own = bool(fields)
        self._by_roles: Latest[tuple[frozenset[str], Reach], tuple[Shape, Execution]] = Latest(MOST_KEPT)

    def rights_of(self, identity: Identity | None) -> LimitedRights:
        """The rights of an identity; None is a caller that has shown none."""
        held = {ANONYMOUS} if identity is None else {AUTHENTICATED, *identity.roles}
        shape, _ = self._of_roles(frozenset(held & self._roles), self._reach(identity))
        return LimitedRights(self._catalog, shape, identity, self._kept_claims, is_own=self._has_own)

    def _reach(self, identity: Identity | None) -> Reach:
        if not self._has_tenants:
            return Reach.WHOLE
        oversees = identity is not None and not identity.tenant and OPERATOR in identity.roles
        return Reach.OVERSIGHT if oversees else Reach.TENANT

    def of(self, rights: Rights) -> Execution:
        """
        What executes the operations of a caller.

        Raises:
            Unauthenticated: It has shown no identity, and others may do nothing.
        """
        assert isinstance(rights, LimitedRights), "identities are known"
        if rights.identity is None and not self._has_anonymous(rights.shape):
            raise Unauthenticated
        return self._of_roles(rights.shape.roles, rights.shape.reach)[1].under(rights)

    def _has_anonymous(self, shape: Shape) -> bool:
        if self._has_tenants:
            return False
        fields = self._own.fields if self._own is not None else ()
        return not shape.is_empty or any(grant.role == ANONYMOUS for each in fields for grant in each.access)

    def _of_roles(self, roles: frozenset[str], reach: Reach) -> tuple[Shape, Execution]:
        found = self._by_roles.get((roles, reach))
        if found is None:
            shape = shape_of(self._catalog, roles, reach)
            schema = graphql_schema(
                self._catalog, self._own, federation=self._federation, incremental=self._incremental, shape=shape
            )
            found = shape, self._make(schema, Rights(self._catalog))
            self._by_roles.keep((roles, reach), found)
        return found

    def prepare(self) -> None:
        """
        Make the schema of each role, and tell of what no role may use.

        Raises:
            CatalogError: A role's schema can't be made.
        """
        for role in sorted(self._roles - {ANONYMOUS}):
            try:
                self._of_roles(frozenset({AUTHENTICATED, role}), Reach.TENANT if self._has_tenants else Reach.WHOLE)
            except CatalogError as error:
                raise CatalogError(f"as the role {role!r} sees it: {error}") from error
        views, events = self._catalog.views.values(), self._catalog.specs.values()
        closed = [f"the view {view.name}" for view in views if view.in_api and not view.access]
        closed += [f"the event {spec.name}" for spec in events if spec.mutation and not spec.access]
        closed += [
            each.about
            for each in (self._own.fields if self._own is not None else ())
            if isinstance(each.owner, Root) and not each.access
        ]
        if closed:
            logger.warning("no role may use %s; say by `access=[allow(…)]` which may", ", ".join(closed))
