"""Whatever kinds of record there are and come: all that names a member is in her export, and goes when she is erased (SEC-07)."""

from __future__ import annotations

import pytest

from cloud_sync_server.export import collect, readable
from edge.store.erasing import KEPT
from salon.records import BadRecord, Lane, kinds
from tests.edge.sync.conftest import member

HERS = sorted(kind for kind, cls in kinds().items() if "member" in cls.model_fields)
CANDIDATES = ("x1y", "2026-11-22T05:26:59.123Z", "2026-11-22", 1, True, 1.5, ["x"], {}, [])
"""Tried for a required field until it fits: so a new kind needs no sample written for it."""


def sample(kind):
    """The smallest record of a kind that names the member."""
    cls = kinds()[kind]
    required = [name for name, info in cls.model_fields.items() if info.is_required()]
    tried = dict.fromkeys(required, 0)
    fixed = {"rid": f"r-{kind.replace('_', '-')}", "member": "m-0001", "store": "s001"}
    choices = {name: _literals(cls, name) or CANDIDATES for name in required}
    while True:
        values = {name: choices[name][tried[name]] for name in required} | {
            name: value for name, value in fixed.items() if name in cls.model_fields
        }
        try:
            return cls.parse(values)
        except BadRecord as error:
            for name in error.problems:
                tried[name.partition(".")[0]] += 1


def _literals(cls, name):
    said = cls.model_json_schema()["properties"][name]
    return tuple(said["enum"]) if "enum" in said else (said["const"],) if "const" in said else ()


@pytest.fixture
def filled(shops):
    """A store in which every kind that can name a member does."""
    one = shops("s001")
    one.store.members.add(member(home_store="s001"))
    for kind in HERS:
        one.store.add(sample(kind))
    assert one.sync().refused == 0
    return one


def test_every_kind_that_names_a_member_is_in_her_export_for_a_program_and_for_a_person(filled, hq):
    found = hq.here.database.read(lambda con: collect(con, hq.here.vault, "m-0001"))
    local = {kind for kind in HERS if kinds()[kind].lane(sample(kind).document()) is Lane.STORE}
    assert set(found) - {"gave_way"} == ({"member", *HERS} - local)
    for language in ("zh", "en"):
        titles = [title for title, _ in readable(found, language)]
        assert titles == [
            kinds()[k].zh if language == "zh" else kinds()[k].en
            for k in sorted(found, key=lambda k: (k != "member", k))
        ]


def test_every_kind_that_names_a_member_goes_when_she_is_erased(filled, hq):
    filled.store.erase("m-0001")
    filled.sync()
    left = {kind for kind in HERS if len(filled.store.table(kind))}
    assert left == KEPT & set(HERS)
    found = hq.here.database.read(lambda con: collect(con, hq.here.vault, "m-0001"))
    assert set(found) <= KEPT
