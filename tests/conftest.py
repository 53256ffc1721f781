"""What all tests share: their order, what need not be made anew for each of them, and what is said of the journeys at the end."""

from __future__ import annotations

from flask import Flask
from jinja2 import BytecodeCache
from werkzeug.routing.rules import Rule

from tests.journeys import times

LONGEST = ("tests/journeys/", "tests/simulation/")
"""They begin first, so that both workers end together and not one of them ten minutes later."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


class Compiled(BytecodeCache):
    """Templates as compiled by the first app of this process: each of two thousand tests makes an app, and compiling is half of its time.

    A changed file is compiled anew, as Jinja compares its source.
    """

    def __init__(self):
        self._known = {}

    def load_bytecode(self, bucket):
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket):
        self._known[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {"bytecode_cache": Compiled()}


def compiled_once(compile_builder):
    """The same function for the same route: an app has 233, and compiling those takes 60 ms."""
    known = {}

    def builder(self, append_unknown=True):
        key = (self.rule, repr(self._trace), repr(self.defaults), append_unknown)
        if key not in known:
            known[key] = compile_builder(self, append_unknown)
        return known[key]

    return builder


Rule._compile_builder = compiled_once(Rule._compile_builder)


def pytest_terminal_summary(terminalreporter):
    """How long the journeys took, where one was walked."""
    passed = terminalreporter.getreports("passed")
    if any(report.nodeid.startswith(LONGEST[0]) for report in passed):
        terminalreporter.section(f"journeys ({times.FILE.parent.name}/{times.FILE.name})")
        for line in times.lines():
            terminalreporter.line(line)
