"""
Puts what is not Python into the wheel: the engine's jar (Maven) and the GraphiQL page (npm).

What is built already is taken as it is (`make wheel` sees to it that it is up to date). An editable install needs
neither: the checkout's own folder is used.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EngineAndPageHook(BuildHookInterface):  # type: ignore[type-arg] # the parameter is for hooks with a configuration of their own
    """Builds the jar and the page where they are missing, and includes them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects the files."""
        if version == "editable":
            return
        root = Path(self.root)
        jar = root / "operations" / "_bundled" / "engine.jar"
        page = root / "gateway" / "_bundled" / "graphiql.html"
        if not jar.is_file():
            _run(root, "mvn", "-B", "-q", "-f", "engine/pom.xml", "package", "-DskipTests")
            shutil.copyfile(root / "engine" / "target" / "engine.jar", jar)
        if not page.is_file():
            _run(root / "web", "npm", "ci", "--ignore-scripts")
            _run(root / "web", "npm", "run", "build")
        for file in (jar, page):
            build_data["force_include"][str(file)] = f"hazelgate/{file.relative_to(root)}"


def _run(folder: Path, tool: str, *arguments: str) -> None:
    executable = shutil.which(tool)
    if executable is None:
        raise SystemExit(f"building the wheel needs {tool} on PATH: install it and build again")
    subprocess.run([executable, *arguments], cwd=folder, check=True)
