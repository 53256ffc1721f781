"""TinyDB 4.9's own tests, run against our storage from its source distribution."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# The suite's other files test query objects, middlewares and storages by themselves, not what a database does.
FILES = ("test_tinydb.py", "test_tables.py", "test_operations.py")


@pytest.fixture(scope="module")
def suite():
    sys.path.insert(0, str(HERE))
    try:
        from fetch_tinydb_suite import suite as fetch
    finally:
        sys.path.remove(str(HERE))
    return fetch()


def test_tinydbs_own_tests_pass_but_for_the_named_exclusions(suite, tmp_path):
    outcomes = tmp_path / "outcomes.json"
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(suite)),
            *("-p", "tinydb_suite_plugin", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'suite'}"),
            *(str(suite / "tests" / name) for name in FILES),
        ],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HERE.parents[2]), str(HERE)]),
            "TINYDB_SUITE_OUTCOMES": str(outcomes),
        },
        cwd=suite,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    # Most run twice, as stock runs them once over memory and once over a file. The 8 exclusions are 14 of them.
    assert json.loads(outcomes.read_text()) == {"passed": 139, "xfailed": 14}
