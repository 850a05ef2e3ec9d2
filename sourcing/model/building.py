"""
Specs made of registrations, each declaration checked on the way.

A mistake is one line that names class and field.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from hazelgate.sourcing.declaring.indexes import By
from hazelgate.sourcing.declaring.registry import (
    ComputedRegistration,
    EventRegistration,
    FedByRegistration,
    FoldRegistration,
    GuardRegistration,
    LinkRegistration,
    Registration,
    UpcastRegistration,
    ViewRegistration,
)
from hazelgate.sourcing.declaring.upcasting import UpcastChain
from hazelgate.sourcing.errors import CatalogError, camel
from hazelgate.sourcing.model.events import Answer, EventSpec
from hazelgate.sourcing.model.fields import ListOf, Scalar, description_of, field_at, fields_of, held_by
from hazelgate.sourcing.model.indexes import IndexSpec, make_index
from hazelgate.sourcing.model.names import lower_first, plural
from hazelgate.sourcing.model.views import ComputedSpec, FedBySpec, LinkSpec, ViewSpec

KEY_INDEX = "id"
"""The index by key that a view has where it declares none."""

R = TypeVar("R", bound=Registration)


def of_kind(registered: Iterable[Registration], kind: type[R]) -> list[R]:
    """The registrations of one kind, in their order."""
    return [each for each in registered if isinstance(each, kind)]


def view_specs(registered: Sequence[Registration]) -> Mapping[str, ViewSpec]:
    """
    The views by name.

    Raises:
        CatalogError: A declaration contradicts itself or another one.
    """
    declared: dict[str, ViewRegistration] = {}
    for each in of_kind(registered, ViewRegistration):
        if declared.setdefault(each.name, each) is not each or registered.count(each) > 1:
            raise CatalogError(f"two projections make the view {each.name!r}; give one another name")
    indexes: dict[str, dict[str, IndexSpec]] = {}
    classes: dict[type, str] = {}
    for each in declared.values():
        if each.cls in classes:
            raise CatalogError(f"{each.cls.__name__} belongs to two views; derive a class for the second one")
        classes[each.cls] = each.name
        if each.key not in each.cls.__struct_fields__:
            raise CatalogError(
                f"{each.cls.__name__} has no field {each.key!r}; `key` names the one with the entry's key"
            )
        owner = f"the view {each.name!r}"
        indexes[each.name] = {
            name: make_index(each.cls, name, by, each.key, owner) for name, by in _with_key(each).items()
        }
    computed = of_kind(registered, ComputedRegistration)
    links = of_kind(registered, LinkRegistration)
    fed = {each.view: each for each in of_kind(registered, FedByRegistration)}
    for view in [each.view for each in computed] + [each.view for each in links] + list(fed):
        if view not in declared:
            raise CatalogError(f"a field or link is declared for {view!r}, which is no registered view")
    return MappingProxyType(
        {
            each.name: _view_spec(
                each,
                indexes[each.name],
                [_computed(one, each.cls) for one in computed if one.view == each.name],
                [_link(one, declared, indexes) for one in links if one.view == each.name],
                _fed_by(fed[each.name], declared, indexes) if each.name in fed else None,
            )
            for each in declared.values()
        }
    )


def _with_key(each: ViewRegistration) -> dict[str, By]:
    """The declared indexes, and one by key: lists have an order, and are counted without looking at each entry."""
    if any(getattr(by, "paths", ()) in ((each.key,), (f"-{each.key}",)) for by in each.indexes.values()):
        return dict(each.indexes)
    return {**each.indexes, KEY_INDEX: By(each.key)}


def _view_spec(
    each: ViewRegistration,
    indexes: dict[str, IndexSpec],
    computed: list[ComputedSpec],
    links: list[LinkSpec],
    fed_by: FedBySpec | None,
) -> ViewSpec:
    one = each.one or lower_first(each.cls.__name__)
    many = each.many or plural(one)
    if one == many:
        raise CatalogError(f"the view {each.name!r} calls one and several of {each.cls.__name__} {one!r}; set `many`")
    return ViewSpec(
        name=each.name,
        cls=each.cls,
        key=each.key,
        indexes=MappingProxyType(indexes),
        one=one,
        many=many,
        type_name=each.type_name or each.cls.__name__,
        sort=None if each.sort is None else _default_sort(each, indexes),
        in_api=each.api,
        computed=tuple(computed),
        links=tuple(links),
        fed_by=fed_by,
        access=each.access,
        is_derived=each.derived,
    )


def _default_sort(each: ViewRegistration, indexes: Mapping[str, IndexSpec]) -> tuple[str, bool]:
    name = (each.sort or "").removeprefix("-")
    sorts = [index.name for index in indexes.values() if index.is_sort]
    if name not in sorts:
        raise CatalogError(
            f"the view {each.name!r} is sorted by {name!r}, which is no index over one field; "
            f"these are: {', '.join(sorts)}"
        )
    return name, (each.sort or "").startswith("-")


def _computed(each: ComputedRegistration, cls: type[msgspec.Struct]) -> ComputedSpec:
    owner = f"the computed field {each.name!r} of {cls.__name__}"
    if len(inspect.signature(each.function).parameters) != 1:
        raise CatalogError(f"{owner} takes other than one parameter; it takes the entry")
    hints = get_type_hints(each.function, include_extras=True)
    if "return" not in hints:
        raise CatalogError(f"{owner} does not say what it returns; annotate it, as `-> int`")
    made, optional = held_by(hints["return"], owner)
    name = camel(each.name)
    if any(field.name == name for field in fields_of(cls)):
        raise CatalogError(f"{owner} has the name of a field; give it another name")
    return ComputedSpec(name, each.function, made, optional, description_of(each.function))


def _link(
    each: LinkRegistration, views: Mapping[str, ViewRegistration], indexes: Mapping[str, Mapping[str, IndexSpec]]
) -> LinkSpec:
    cls = views[each.view].cls
    where = f"the link {each.path!r} of {cls.__name__}"
    if each.target not in views:
        raise CatalogError(f"{where} leads to {each.target!r}, which is no registered view")
    if (each.key is None) == (each.by is None):
        raise CatalogError(f"{where} has {'neither' if each.key is None else 'both'} `key` and `by`; give one")
    path, _, name = each.path.rpartition(".")
    owner: Any = cls
    if path:
        owner = field_at(cls, path, where)[-1].type
        owner = owner.item if isinstance(owner, ListOf) else owner
        if not (isinstance(owner, type) and issubclass(owner, msgspec.Struct)):
            raise CatalogError(f"{where} is in {path!r}, which has no fields of its own")
    if any(field.name == camel(name) for field in fields_of(owner)):
        raise CatalogError(f"{where} has the name of a field; give it another name")
    if each.by is not None:
        if path:
            raise CatalogError(f"{where} leads from a nested value to many; only an entry can lead to many by an index")
        return LinkSpec(
            cls,
            camel(name),
            each.target,
            None,
            True,
            _index_of(each.target, each.by, views, indexes, where),
            each.description,
        )
    key = (each.key or "").removeprefix(f"{path}.") if path else each.key or ""
    fields = field_at(owner, key, where)
    last = fields[-1].type
    if (last.item if isinstance(last, ListOf) else last) not in (Scalar.ID, Scalar.STRING):
        raise CatalogError(f"{where} takes the key {key!r} of {owner.__name__}, which holds no id")
    many = any(isinstance(field.type, ListOf) for field in fields)
    return LinkSpec(owner, camel(name), each.target, key, many, None, each.description)


def _fed_by(
    each: FedByRegistration, views: Mapping[str, ViewRegistration], indexes: Mapping[str, Mapping[str, IndexSpec]]
) -> FedBySpec:
    where = f"what {each.view!r} is fed by"
    if each.target not in views:
        raise CatalogError(f"{where} is {each.target!r}, which is no registered view")
    return FedBySpec(each.target, _index_of(each.target, each.by, views, indexes, where))


def _index_of(
    name: str,
    by: str,
    views: Mapping[str, ViewRegistration],
    indexes: Mapping[str, Mapping[str, IndexSpec]],
    where: str,
) -> str:
    target = views[name].cls
    path = tuple(field.name for field in field_at(target, by, where))
    for index in indexes[name].values():
        if index.parts[0].path == path and not index.parts[0].descending:
            return index.name
    raise CatalogError(f"{where} goes by {by!r}; no index of {target.__name__} begins with it: declare By({by!r})")


def event_specs(
    registered: Sequence[Registration], views: Mapping[str, ViewSpec]
) -> tuple[Mapping[str, EventSpec], Mapping[str, UpcastChain]]:
    """
    The event types by name, and how old versions of each are lifted.

    Raises:
        CatalogError: A declaration contradicts itself or another one.
    """
    upcasts = of_kind(registered, UpcastRegistration)
    folds = of_kind(registered, FoldRegistration)
    by_class: dict[type, str] = {}
    specs: dict[str, EventSpec] = {}
    chains: dict[str, UpcastChain] = {}
    for each in of_kind(registered, EventRegistration):
        _check_event(each, specs, by_class)
        by_class[each.cls] = each.name
        chain = UpcastChain.of(each.name, each.version, [upcast for upcast in upcasts if upcast.cls is each.cls])
        own_folds = [fold for fold in folds if fold.cls is each.cls]
        specs[each.name] = EventSpec(
            name=each.name,
            version=each.version,
            aggregate=each.aggregate,
            key=each.key,
            cls=each.cls,
            updates=tuple(dict.fromkeys(fold.view for fold in own_folds)),
            readable_versions=chain.readable_versions,
            mutation=lower_first(each.name) if each.mutation == "" else each.mutation,
            creates=each.creates,
            answers=_answer(each, own_folds, folds, registered, views),
            deprecated=each.deprecated,
            access=each.access,
            readers=each.readers,
            unique=each.unique,
            frees=each.frees,
        )
        chains[each.name] = chain
    return MappingProxyType(specs), MappingProxyType(chains)


def _check_event(each: EventRegistration, specs: Mapping[str, EventSpec], by_class: Mapping[type, str]) -> None:
    if each.name in specs:
        raise CatalogError(f"two classes are registered as event {each.name!r}; give one another name")
    if each.cls in by_class:
        raise CatalogError(f"{each.cls.__name__} is registered twice, as {by_class[each.cls]!r} and {each.name!r}")
    if each.key not in each.cls.__struct_fields__:
        raise CatalogError(
            f"event {each.name!r} has no field {each.key!r}; `key` names the one with the aggregate's id"
        )
    if each.version < 1:
        raise CatalogError(f"event {each.name!r} is at version {each.version}; versions are 1, 2, 3…")


def _answer(
    each: EventRegistration,
    own_folds: Sequence[FoldRegistration],
    folds: Sequence[FoldRegistration],
    registered: Sequence[Registration],
    views: Mapping[str, ViewSpec],
) -> Answer | None:
    """The view that a mutation answers with: as declared, else one whose entries have the aggregate's id as key."""
    where = f"event {each.name!r}"
    key = each.answer_key or each.key
    if each.answers is not None:
        for view in views.values():
            if view.cls is each.answers:
                if any(isinstance(field.type, ListOf) for field in field_at(each.cls, key, where)):
                    raise CatalogError(
                        f"{where} has the `answer_key` {key!r}, a list; a mutation answers with one entry"
                    )
                return Answer(view.name, key)
        raise CatalogError(f"{where} answers with {each.answers.__name__}, which no projection() makes")
    if each.answer_key is not None:
        raise CatalogError(f"{where} has an `answer_key` and no `answers`; say of which view it is the key")
    keyed = {(one.cls, one.key): one.aggregate for one in of_kind(registered, EventRegistration)}
    for fold in (*own_folds, *folds):
        if isinstance(fold.key, str) and keyed.get((fold.cls, fold.key)) == each.aggregate and fold.view in views:
            return Answer(fold.view, each.key)
    return None


def check_functions(registered: Sequence[Registration], views: Mapping[str, ViewSpec]) -> None:
    """
    Guards and folds, held against what they are for.

    Raises:
        CatalogError: They name what is not registered, or have parameters that nobody gives them.
    """
    events = {each.cls for each in of_kind(registered, EventRegistration)}
    view_classes = {view.cls for view in views.values()}
    for guard in of_kind(registered, GuardRegistration):
        if guard.cls not in events:
            raise CatalogError(f"guard {guard.name} is for {guard.cls.__name__}, which is no registered event")
        for read in guard.reads.values():
            if read.view not in view_classes:
                raise CatalogError(f"guard {guard.name} reads {read.view.__name__}, which no projection() makes")
        _check_guard_parameters(guard)
    for fold in of_kind(registered, FoldRegistration):
        if fold.cls not in events:
            raise CatalogError(f"{fold.name} folds {fold.cls.__name__}, which is no registered event")
        if fold.view not in views:
            raise CatalogError(f"{fold.name} folds into {fold.view}, which is no registered view")
        fold_extras(fold)


GUARD_EXTRAS = ("submitted_at", "identity")
"""What a guard may take by name besides the event and its reads."""
FOLD_EXTRAS = ("record", "key")
"""What a fold may take by name besides the entry and the event."""


def guard_extras(guard: GuardRegistration) -> tuple[str, ...]:
    """What the guard takes by name besides the event and its reads."""
    _, *names = inspect.signature(guard.function).parameters
    return tuple(name for name in names if name not in guard.reads)


def _check_guard_parameters(guard: GuardRegistration) -> None:
    parameters = inspect.signature(guard.function).parameters
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    missing = [name for name in guard.reads if name not in parameters]
    if missing and not takes_any:
        raise CatalogError(f"guard {guard.name} declares the read {missing[0]!r} and has no parameter of that name")
    unknown = [name for name in guard_extras(guard) if name not in GUARD_EXTRAS] if parameters else ["event"]
    if unknown and not takes_any:
        raise CatalogError(
            f"guard {guard.name} has the parameter {unknown[0]!r}, which nobody gives; "
            f"it takes the event, then its reads by name, and {', '.join(GUARD_EXTRAS)}"
        )


def fold_extras(fold: FoldRegistration) -> tuple[str, ...]:
    """
    What the fold takes by name besides the entry and the event.

    Raises:
        CatalogError: It has parameters that nobody gives it.
    """
    parameters = inspect.signature(fold.function).parameters
    if any(each.kind is each.VAR_POSITIONAL for each in parameters.values()):
        return ()
    names = tuple(parameters)
    unknown = [name for name in names[2:] if name not in FOLD_EXTRAS]
    if len(names) < 2 or unknown:
        problem = f"has the parameter {unknown[0]!r}" if unknown else f"takes {len(names)} parameters"
        raise CatalogError(
            f"{fold.name} folds into {fold.view} and {problem}; "
            f"it takes the entry, the event, and by name {' and '.join(FOLD_EXTRAS)}"
        )
    return names[2:]


def may_remove(fold: FoldRegistration) -> bool:
    """Whether the fold says, by its annotation, that it can return None, and so remove its entry."""
    try:
        returned = get_type_hints(fold.function).get("return", Any)
    except NameError:  # a type that is imported for type checking alone
        returned = str(inspect.signature(fold.function).return_annotation)
        return returned.endswith("| None") or returned.startswith("Optional[")
    return returned is type(None) or (returned is not Any and type(None) in get_args(returned))
