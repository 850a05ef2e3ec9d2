"""
The tutorial and the how-to pages, played on a real stack as a reader plays them.

The pages share stacks, as they do for a reader who goes from one to the next: a page's prerequisites are played first.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.docs.browser import Browser
from tests.docs.pages import DOCS, blocks
from tests.docs.workshop import Workshop, new_folder

TUTORIAL = ("tutorial/index", "tutorial/domain", "tutorial/run", "tutorial/live-page")
ON_THE_TUTORIAL_S_STACK = (
    "how-to/view-with-another-key",
    "how-to/repaired-projection",
    "how-to/dead-letters",
    "how-to/resume-a-stream",
    "how-to/own-api",
    "how-to/federation",
    "how-to/python",
    "how-to/backup-and-restore",
    "how-to/second-version",  # from here on the log has events that only its own code can read
)
WITH_A_STACK_OF_ITS_OWN = ("how-to/new-project", "how-to/reload")
WITHOUT_A_STACK = ("how-to/unique-values", "how-to/shape-the-api", "how-to/catalog-and-checks")
WITH_POSTGRES = ("how-to/postgresql", "how-to/snapshots")
ON_THREE_MEMBERS = ("how-to/three-members", "how-to/upgrade")
READ_ONLY = (
    "how-to/index",
    "how-to/deployment",
    "how-to/front-door",
    "how-to/protocols",
    "how-to/clients",
    "how-to/identity-and-rights",
    "how-to/tenants",
    "how-to/live-query",
)
"""They have nothing to run."""

NEEDED = {
    **dict.fromkeys(ON_THE_TUTORIAL_S_STACK, TUTORIAL[:3]),
    **dict.fromkeys((*WITH_A_STACK_OF_ITS_OWN, *WITHOUT_A_STACK, *WITH_POSTGRES, *ON_THREE_MEMBERS), TUTORIAL[1:2]),
    "tutorial/run": TUTORIAL[1:2],
    "tutorial/live-page": TUTORIAL[1:3],
    "how-to/upgrade": (*TUTORIAL[1:2], "how-to/three-members"),
}
PLAYED = (
    *TUTORIAL,
    *ON_THE_TUTORIAL_S_STACK,
    *WITHOUT_A_STACK,
    *WITH_A_STACK_OF_ITS_OWN,
    *WITH_POSTGRES,
    *ON_THREE_MEMBERS,
)


def text_of(page: str) -> str:
    """A page by its name."""
    return (DOCS / f"{page}.md").read_text(encoding="utf-8")


def stack_of(page: str) -> str:
    """What runs while a page is played."""
    if page in (*WITH_A_STACK_OF_ITS_OWN, *WITH_POSTGRES):
        return page
    return "three members" if page in ON_THREE_MEMBERS else "dev"


class Reader:
    """Somebody who plays one page after the other, and each only once."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._played: set[str] = set()
        self._stack = ""
        self._domain = ""

    def play(self, page: str) -> None:
        """Play a page, and first what it needs. What another stack runs is ended before."""
        for needed in NEEDED.get(page, ()):
            if needed not in self._played:
                self.play(needed)
        if page != "tutorial/domain" and stack_of(page) != self._stack:
            self._workshop.end_all()
            self._stack = stack_of(page)
        path = self._workshop.folder / "helpdesk.py"
        if self._domain and page != "how-to/upgrade":
            path.write_text(self._domain)  # each page begins with the tutorial's
            shutil.rmtree(path.parent / "tests", ignore_errors=True)  # another page's golden files
            (path.parent / "api.py").unlink(missing_ok=True)
        self._played.add(page)
        self._workshop.play(text_of(page))
        if page == "tutorial/domain":
            self._domain = path.read_text()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """A reader with a folder of their own; whatever they have started is ended."""
    folder = new_folder()
    with Browser() as browser:
        workshop = Workshop(folder, browser)
        try:
            yield Reader(workshop)
        finally:
            workshop.end_all()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(1_800)  # a page waits for processes that start, on a machine that may be busy
@pytest.mark.parametrize("page", PLAYED)
def test_a_page_does_what_it_says(reader: Reader, page: str) -> None:
    reader.play(page)


def test_every_page_is_played() -> None:
    pages = {
        path.relative_to(DOCS).with_suffix("").as_posix()
        for folder in ("tutorial", "how-to")
        for path in (DOCS / folder).glob("*.md")
    }
    assert pages == {*PLAYED, *READ_ONLY}


def test_a_block_that_is_not_run_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    told, silent = [], []
    for page in (*PLAYED, *READ_ONLY):
        for block in blocks(text_of(page)):
            if block.instruction.startswith("not run: "):
                told.append(f"{page}.md:{block.line}: {block.instruction}")
            elif not block.instruction and not block.is_picture:
                silent.append(f"{page}.md:{block.line}")
    with capsys.disabled():
        print("", *told, sep="\n")
    assert silent == []
