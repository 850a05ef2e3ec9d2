"""The page of settings: each with its name in the environment, from the command line and the gateway's settings."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

from docs.generating.commands import all_commands, default_of, environment_names
from docs.generating.markdown import code, one_line, table
from hazelgate.gateway.settings import Settings

MOST_NAMED = 4
"""An option that more commands have is not told by their names."""


@dataclass
class Setting:
    """Something that can be set."""

    environment: str
    meaning: str
    default: str
    options: dict[str, list[str]] = field(default_factory=dict)
    """How it is written on the command line, and for which commands."""


def all_settings() -> list[Setting]:
    """Every setting, by its name in the environment."""
    found: dict[str, Setting] = {}
    for command in all_commands():
        for option in command.options():
            for name in environment_names(option, command.context):
                default = default_of(option, command.context)
                setting = found.setdefault(name, Setting(name, one_line(option.help), default))
                setting.options.setdefault(max(option.opts, key=len), []).append(command.name)
    for name, meaning, default in of_the_gateway():
        setting = found.setdefault(name, Setting(name, meaning, default))
        setting.meaning = setting.meaning or meaning
        setting.default = setting.default or default
    return [found[name] for name in sorted(found)]


def of_the_gateway() -> Iterator[tuple[str, str, str]]:
    """What the gateway alone can be told: name in the environment, meaning and default."""
    prefix = str(Settings.model_config.get("env_prefix", ""))
    meanings = _docstrings(Settings)
    for name, info in Settings.model_fields.items():
        default = ",".join(info.default) if isinstance(info.default, tuple) else str(info.default)
        alias = info.validation_alias
        environment = alias if isinstance(alias, str) else prefix + name
        yield environment.upper(), one_line(info.description or meanings.get(name)), default


def _docstrings(cls: type) -> dict[str, str]:
    """The strings below the fields of a class."""
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for assignment, text in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(assignment, ast.AnnAssign) and isinstance(assignment.target, ast.Name):
            match text:
                case ast.Expr(value=ast.Constant(value=str(meaning))):
                    found[assignment.target.id] = meaning
    return found


def page() -> str:
    """The page."""
    rows = ((code(setting.environment), _about(setting)) for setting in all_settings())
    return (
        "# Settings\n\n"
        "Each setting has a default with which `hazelgate dev` works. The command line wins over the environment.\n\n"
        + table(("environment", "meaning"), rows)
    )


def _about(setting: Setting) -> str:
    said = [setting.meaning.rstrip(".") + "." if setting.meaning else ""]
    said += [f"Default: {code(setting.default)}." if setting.default else ""]
    said += [f"Option: {_use(option, commands)}." for option, commands in setting.options.items()]
    return " ".join(filter(None, said))


def _use(option: str, commands: list[str]) -> str:
    names = [code(name.removeprefix("hazelgate ")) for name in dict.fromkeys(commands)]
    if len(names) > MOST_NAMED:
        return f"{code(option)} of {len(names)} commands"
    return f"{code(option)} of {', '.join(names)}"
