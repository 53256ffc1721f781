"""What a unit does not need it does not hold: httpx's command line, and httpx itself where nobody is called."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from edge.web import httpx


def loaded_by(module):
    """What a process of its own has loaded after importing a module."""
    code = f"import json, sys, {module}; print(json.dumps([name for name in sys.modules if '.' not in name]))"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(told.stdout))


@pytest.mark.parametrize(
    ("module", "calls"),
    [("edge.sync.__main__", True), ("edge.care.__main__", False)],
)
def test_a_unit_holds_httpx_only_where_it_calls_and_never_its_command_line(module, calls):
    loaded = loaded_by(module)
    assert ("httpx" in loaded) == calls
    assert not loaded & {"click", "rich", "pygments", "numpy", "PIL", "cv2"}


def test_it_is_httpx_all_the_same():
    assert httpx.URL("https://hq.example/a").host == "hq.example"
    with pytest.raises(httpx.UnsupportedProtocol):
        httpx.get("ftp://hq.example/")
