"""Domains that a test declares as text, each a module of its own."""

from __future__ import annotations

import sys
import textwrap
from itertools import count
from types import ModuleType

from hazelgate import Catalog

_PRELUDE = """
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any

from hazelgate import *
"""
_numbers = count()


def declare(source: str) -> str:
    """The name of a module with this source, behind the usual imports."""
    name = f"declared_{next(_numbers)}"
    module = sys.modules[name] = ModuleType(name)
    exec(compile(_PRELUDE + textwrap.dedent(source), f"<{name}>", "exec"), module.__dict__)
    return name


def declared(source: str) -> Catalog:
    """The catalog of what the source declares."""
    return Catalog.load(declare(source))
