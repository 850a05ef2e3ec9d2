"""How Sphinx builds the site. Nothing in it is loaded from elsewhere, neither when it is built nor when it is read."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

project = "Hazelgate"
html_title = "Hazelgate"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
default_role = "code"

html_theme = "furo"
html_static_path = [str(Path(__file__).parents[1] / "assets")]
html_js_files = ["mermaid.min.js", "diagrams.js"]
html_copy_source = False
html_show_sphinx = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]

autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True


class Mermaid(SphinxDirective):
    """A diagram: its text, which `mermaid.min.js` draws in the browser."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The text in an element that Mermaid looks for."""
        text = html.escape("\n".join(self.content))
        return [nodes.raw("", f'<pre class="mermaid">{text}</pre>', format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive for diagrams."""
    app.add_directive("mermaid", Mermaid)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
