"""Work aside: a helper that comes when it is called and goes by itself."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from edge.aside import AsideFailed, Helper


@pytest.fixture
def helper():
    made = Helper(idle_s=30)
    yield made
    made.close()


def gone(pid):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with Path(f"/proc/{pid}/stat").open() as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_it_runs_elsewhere_and_the_next_call_finds_the_same_helper(helper):
    first = helper.call("os", "getpid")
    assert first != os.getpid()
    assert helper.call("os", "getpid") == first == helper.pid


def test_what_the_function_raises_is_raised_here(helper):
    with pytest.raises(FileNotFoundError) as raised:
        helper.call("os", "stat", "/there/is/no/such/file")
    assert raised.value.filename == "/there/is/no/such/file"


def test_large_answers_come_whole(helper):
    assert helper.call("builtins", "bytes", 5_000_000) == bytes(5_000_000)


def test_what_a_function_prints_does_not_spoil_its_answer(helper):
    assert helper.call("builtins", "print", "noise on the line") is None
    assert helper.call("builtins", "len", "abc") == 3


def test_it_ends_by_itself_and_is_started_again():
    helper = Helper(idle_s=0.2)
    first = helper.call("os", "getpid")
    assert gone(first)
    assert helper.pid is None
    assert helper.call("os", "getpid") != first
    helper.close()


def test_a_killed_helper_is_replaced(helper):
    first = helper.call("os", "getpid")
    os.kill(first, signal.SIGKILL)
    assert gone(first)
    assert helper.call("os", "getpid") != first


def test_one_that_dies_of_its_work_is_said_so_and_not_asked_for_ever(helper):
    with pytest.raises(AsideFailed) as raised:
        helper.call("os", "_exit", 3)
    assert raised.value.function == "os._exit"
    assert helper.call("builtins", "len", "ab") == 2


def test_one_that_hangs_is_ended():
    helper = Helper(within_s=1.5)
    with pytest.raises(AsideFailed, match="no answer"):
        helper.call("time", "sleep", 60)
    assert helper.pid is None
