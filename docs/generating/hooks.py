"""MkDocs gets the pages of the reference from here, and nothing that a reader of the site has no use for."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parents[2]))

from docs.generating import reference

_INSTRUCTION = re.compile(r"^[ ]*<!--.*?-->\n(?:[ ]*\n)?", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that come from the code."""
    for path, text in reference.pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Leave out the comments that tell a test how a block runs, and give the index of the reference its links."""
    if page.file.src_uri == "reference/index.md":
        markdown = reference.with_links(markdown)
    return _INSTRUCTION.sub("", markdown)
