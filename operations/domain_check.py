"""
A domain looked at before anything runs on it: its catalog, what is done with each event, its API.

`python -m hazelgate.operations.domain_check DOMAIN [API]` looks at it in a process of its own, and prints the report as
JSON. `hazelgate dev --reload` asks it each time: what is imported once in a process can't be imported anew.
"""

from __future__ import annotations

import ast
import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from hazelgate.api.loading import load_api
from hazelgate.gateway.graphql.executable_schema import graphql_schema
from hazelgate.projector.core.plans import make_plans
from hazelgate.sourcing import golden
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.loading import files_of, load_catalog, one_line

GOLDEN = Path("tests/golden")
"""Where golden files of a domain lie, if it has any."""


class DomainReport(msgspec.Struct, frozen=True):
    """
    A domain that can be run.

    Args:
        views: By view, the fingerprint of the code that folds it.
        code: Changes when the code does; comments and layout don't count.
        files: All files of the domain.
        unrecorded: What the golden files do not have yet.
    """

    views: dict[str, str]
    code: str
    files: list[str]
    unrecorded: list[str]


class _Answer(msgspec.Struct):
    report: DomainReport | None = None
    problem: str | None = None


read_answer = msgspec.json.Decoder(_Answer).decode


def check_domain(domain: str, golden_files: Path | None = None, *, api: str | None = None) -> DomainReport:
    """
    Load a domain, and make everything of it that the projector and the gateway make.

    Args:
        golden_files: A folder of golden files that it has to be able to read; None: none.
        api: The module that adds to its API; None: `api` beside it, where there is one.

    Raises:
        CatalogError: It can't be run; one line says why, and where.
    """
    catalog = load_catalog(domain)
    own = load_api(domain, api)
    try:
        make_plans(catalog)
        graphql_schema(catalog, own)
    except Exception as error:
        raise CatalogError(one_line(error, domain.split(","))) from error
    findings = golden.check(catalog, golden_files) if golden_files is not None and golden_files.is_dir() else []
    broken = [str(finding) for finding in findings if finding.kind is not golden.Kind.UNRECORDED]
    if broken:
        more = f" (and {len(broken) - 1} more: `hazelgate events check`)" if len(broken) > 1 else ""
        raise CatalogError(f"{broken[0]}{more}")
    files = files_of(domain)
    return DomainReport(
        dict(catalog.view_fingerprints), _code(files), [str(path) for path in files], [*map(str, findings)]
    )


def _code(files: Iterable[Path]) -> str:
    found = hashlib.blake2b(digest_size=12)
    for path in files:
        found.update(f"{path}\n{ast.dump(ast.parse(path.read_bytes()))}\n".encode())
    return found.hexdigest()


def main(domain: str, api: str | None = None) -> None:
    """Print what there is to say of a domain in the current folder."""
    sys.path.append(os.getcwd())
    try:
        answer = _Answer(report=check_domain(domain, GOLDEN, api=api))
    except CatalogError as error:
        answer = _Answer(problem=error.message)
    sys.stdout.buffer.write(b"\n" + msgspec.json.encode(answer) + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
