"""What every test shares: a cache folder of its own, no network, and the real data where there is some."""

import contextlib
import os
from pathlib import Path

import pytest

REAL_DATA = os.environ.get("LECTURE_REAL_DATA") or os.environ.get("LECTURE_DATA")


# Side by side, files are begun in this order, then all others: a long one that is begun last would keep one process
# busy while the others rest. The page is made from what test_lecture.py has saved, and so is not among the first.
FIRST = [
    "browser/test_lecture.py",
    "test_hub.py",
    "browser/demos/test_glass_box.py",
    "browser/test_pictures.py",
    "browser/test_lecture_page.py",
    "test_source_calls.py",
    "test_exercises_assignment.py",
    "test_kernels.py",
    "test_training.py",
    "test_documents.py",
]


def pytest_collection_modifyitems(items):
    places = {Path(__file__).parent / name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(FIRST)))


@pytest.fixture(autouse=True, scope="session")
def own_folders(tmp_path_factory, pytestconfig):
    """Keep the tests out of the user's caches, and the network out of the tests.

    Stand-ins take half a minute to draw: they stay in pytest's own cache, for all runs and for processes side by side.
    They are drawn anew when what draws them has changed, as everywhere.
    """
    cache = tmp_path_factory.mktemp("cache")
    with contextlib.suppress(OSError):  # Windows wants a privilege for links
        (cache / "prepared").symlink_to(pytestconfig.cache.mkdir("stand-ins"), target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LECTURE_CACHE", str(cache))
        patch.setenv("LECTURE_OFFLINE", "1")
        patch.delenv("LECTURE_DATA", raising=False)
        patch.setenv("MPLBACKEND", "agg")
        yield


@pytest.fixture(scope="session")
def real_data():
    """Folder with the real data in the official layouts, or skip."""
    if not REAL_DATA:
        pytest.skip("needs real data: set LECTURE_REAL_DATA to a folder that holds it")
    return Path(REAL_DATA).resolve()


@pytest.fixture(scope="session")
def mnist():
    from datasets import MulticlassDataset

    return MulticlassDataset.mnist()


@pytest.fixture(scope="session")
def cifar():
    from datasets import MulticlassDataset

    return MulticlassDataset.cifar().normalize()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """With LECTURE_SKIP_NOTHING set, a skip for any reason but a missing GPU is a failure."""
    if not os.environ.get("LECTURE_SKIP_NOTHING"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a process beside others: the one that started them reports
        return
    skipped = [r for r in reporter.stats.get("skipped", []) if "GPU" not in str(r.longrepr)]
    for report in skipped:
        reporter.write_line(f"skipped where nothing may be: {report.nodeid}: {report.longrepr}", red=True)
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
