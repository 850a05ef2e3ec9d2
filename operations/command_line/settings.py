"""
How a model of settings becomes options: each field one, with its one environment variable.

    @click.command()
    @settings(Settings)
    def serve(settings: Settings) -> None: ...
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin

import annotated_types
import click
from click.core import ParameterSource
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.types import AddressList
from hazelgate.sourcing.settings import environment_name, named, problem

Command = TypeVar("Command", bound=Callable[..., Any])
Type = click.ParamType[Any]


class SettingOption(click.Option):
    """An option that has an environment variable: a wrong value there is told with the setting's name."""

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """The value, converted and checked."""
        try:
            return super().process_value(ctx, value)
        except click.BadParameter as error:
            if ctx.get_parameter_source(self.name) is not ParameterSource.ENVIRONMENT:
                raise
            raise CannotStart(
                f"setting {self.name}: {error.message.rstrip('.')} ({self.envvar} in the environment)"
            ) from None


def settings(
    model: type[BaseModel],
    *,
    argument: str = "settings",
    but: Collection[str] = (),
    types: Mapping[str, Type] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Give a command the options of a model; it gets the model, filled and checked.

    Args:
        model: The settings. A field's description is its option's help.
        argument: By which the command gets it.
        but: Fields that have no option.
        types: How values are read where a field's type does not tell it all.
        defaults: What is taken in place of the model's own defaults.
    """
    own_first = sorted(model.model_fields, key=lambda name: name not in model.__annotations__)
    fields = [name for name in own_first if name not in but]

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def told(*arguments: Any, **options: Any) -> None:
            values = {name: options.pop(name) for name in fields}
            try:
                filled = model(**values)
            except ValidationError as error:
                raise CannotStart(problem(error)) from None
            command(*arguments, **{argument: filled}, **options)

        for name in reversed(fields):
            attributes = {"default": defaults[name]} if defaults and name in defaults else {}
            told = option(model, name, type=(types or {}).get(name), **attributes)(told)
        return told

    return decorated


def option(
    model: type[BaseModel], field: str, *, type: Type | None = None, **attributes: Any
) -> Callable[[Command], Command]:
    """
    The option of one setting.

    Args:
        model: That the setting is of.
        field: Its field.
        type: How its value is read where the field's type does not tell it all.
        attributes: What click is told in place of what the field says.
    """
    info, called = model.model_fields[field], named(model, field)
    default = attributes.pop("default", None if info.is_required() else info.get_default())
    declared = str(called.option)
    told: dict[str, Any] = {
        "envvar": environment_name(model, field),
        "show_envvar": True,
        "default": default,
        "show_default": default not in (None, ()),
        "metavar": called.metavar,
        "help": info.description and " ".join(info.description.split()),
    }
    if _without_none(info.annotation) is bool:
        declared = f"{declared}/--no-{declared.removeprefix('--')}" if default else declared
        told |= {"is_flag": True}
    else:
        told |= {"type": type or (click.STRING if called.repeated else _type_of(info)), "multiple": called.repeated}
    return click.option(declared, field, cls=SettingOption, **(told | attributes))


def _type_of(info: FieldInfo) -> Type:
    annotation = _without_none(info.annotation)
    bounds: dict[str, Any] = {}
    for each in info.metadata:
        match each:
            case annotated_types.Ge():
                bounds |= {"min": each.ge}
            case annotated_types.Gt():
                bounds |= {"min": each.gt, "min_open": True}
            case annotated_types.Le():
                bounds |= {"max": each.le}
    if get_origin(annotation) is Literal:
        return click.Choice(get_args(annotation))
    if get_origin(annotation) is tuple:
        return AddressList()
    if annotation is Path:
        return click.Path(path_type=Path)
    if annotation is int:
        return click.IntRange(**bounds)
    if annotation is float:
        return click.FloatRange(**bounds)
    return click.STRING


def _without_none(annotation: Any) -> Any:
    if isinstance(annotation, UnionType):
        [annotation] = [each for each in get_args(annotation) if each is not type(None)]
    return annotation
