"""
The pages of the reference that come from the code.

Print one with `python -m docs.generating.reference commands`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from docs.generating import codes, commands, graphql_api, metrics, python_api, rights, settings

PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "settings": ("Settings", settings.page),
    "commands": ("Commands", commands.page),
    "metrics": ("Metrics", metrics.page),
    "errors": ("Error codes", codes.page),
    "graphql": ("GraphQL API", graphql_api.page),
    "python": ("Python API", python_api.page),
    "rights": ("Rights of the shop", rights.page),
}
"""Each page by the name of its file, with its title."""


def pages() -> dict[str, str]:
    """Every page, by its path below `docs/`."""
    return {f"reference/{name}.md": write() for name, (_, write) in PAGES.items()}


def with_links(index: str) -> str:
    """The index of the reference, with links to the pages that only the site has."""
    for name, (title, _) in PAGES.items():
        index = index.replace(f"| {title} |", f"| [{title}]({name}.md) |")
    return index


if __name__ == "__main__":
    print(PAGES[sys.argv[1]][1](), end="")
