"""The wheel: everything that is needed is in it, and it starts from an empty folder."""

import asyncio
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.acceptance.dev_stack import running_dev

ROOT = Path(__file__).parent.parent.parent
INI = """[pytest]
pythonpath = .
addopts = --import-mode=importlib
asyncio_mode = auto
asyncio_default_fixture_loop_scope = session
asyncio_default_test_loop_scope = session
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make wheel` does."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("hazelgate-*.whl")
    return built


def test_the_wheel_holds_the_engine_and_the_page(wheel: Path) -> None:
    """And one package, and nothing of the tests."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    bundled = ("operations/_bundled/engine.jar", "gateway/_bundled/graphiql.html", "gateway/graphiql_cdn.html")
    assert {f"hazelgate/{name}" for name in bundled} <= set(names)
    folders = {name.split("/")[0] for name in names if not name.split("/")[0].endswith(".dist-info")}
    assert folders == {"hazelgate"}


def install(wheel: Path, environment: Path) -> None:
    """With all that it depends on, and nothing else."""
    venv.create(environment, with_pip=True)
    pip = environment / "bin" / "pip"
    subprocess.run([pip, "install", "--quiet", "--disable-pip-version-check", wheel], check=True)


@pytest.mark.timeout(600)
async def test_an_installed_wheel_runs_the_whole_stack(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, from an empty folder."""
    environment, folder = tmp_path / "environment", tmp_path / "empty"
    folder.mkdir()
    await asyncio.to_thread(install, wheel, environment)
    async with running_dev("--no-demo-data", command=environment / "bin" / "hazelgate", folder=folder) as dev:
        assert await dev.ask("{ products { totalCount } }") == {"products": {"totalCount": 0}}
        page = (await dev.http.get(dev.graphql_url, headers={"Accept": "text/html"})).text
        assert len(page) > 5_000_000
        assert "unpkg.com" not in page
    assert list(folder.iterdir()) == []


@pytest.mark.timeout(1_200)
async def test_a_domain_of_ones_own_is_served_by_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """The tests of the bookings in an environment that has the wheel, pytest, and nothing else of this repository."""
    environment, folder = tmp_path / "environment", tmp_path / "house"
    await asyncio.to_thread(install, wheel, environment)
    pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    packages = ["pytest", "pytest-asyncio", "pytest-timeout"]
    await asyncio.to_thread(lambda: subprocess.run([*pip, *packages], check=True))
    shutil.copytree(
        ROOT / "tests" / "domains", folder / "tests" / "domains", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "pytest.ini").write_text(INI, encoding="utf-8")
    tests = await asyncio.create_subprocess_exec(
        environment / "bin" / "python",
        "-m",
        "pytest",
        "-q",
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await tests.communicate()
    assert tests.returncode == 0, printed.decode(errors="replace")[-4_000:]
