"""What a document may hold, and how a refusal names it."""

import enum
import math

import pytest

from edge.store.errors import StoreError, UnstorableType, UnstorableValue
from edge.store.tinydb_sqlite.body import encode, encode_plain, plain


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"skin": {"values": [1.0, math.nan]}}, "skin.values.1"),
        ({"weight": math.inf}, "weight"),
        ({"name": "half \ud83d"}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"a": {"\0": 1}}, "a"),
        ({"huge": 10**400}, "huge"),
        ({1: "a", "1": "b"}, ""),
    ],
)
def test_a_value_that_cannot_be_kept_is_refused_with_its_field(db, document, field):
    with pytest.raises(UnstorableValue) as caught:
        db.insert(document)
    assert caught.value.field == field
    assert isinstance(caught.value, StoreError)
    assert isinstance(caught.value, ValueError)
    assert len(db) == 0


@pytest.mark.parametrize(
    "document",
    [
        {"values": [1.0, math.nan]}, {"weight": -math.inf}, {"name": "half \ud83d"}, {"name": "a\0b"}, {"a": {"\0": 1}},
        {"huge": 10**400}, {"deep": [[[[[[[{}]]]]]]] * 20},
    ],
)  # fmt: skip
def test_the_short_way_leaves_what_may_be_unfit_to_the_long_one(document):
    assert encode_plain(document) is None


@pytest.mark.parametrize(
    "document",
    [{}, {"a": "王 \\u0000", "b": [1, 2.5, None, True], "c": {"d": "\x1f"}}, {"large": 10**290, "e": 1e-9}],
)
def test_the_short_way_writes_what_the_long_one_writes(document):
    text = encode_plain(document)
    assert text is None or text == encode(plain(document))
    assert text is not None or "u0000" in str(document)  # looks like U+0000 escaped: the long way decides


def test_nesting_past_what_sqlite_parses_is_refused(db):
    deep = {}
    for _ in range(500):
        deep = {"a": deep}
    with pytest.raises(UnstorableValue, match="deeper"):
        db.insert(deep)


def test_an_object_that_is_no_json_type_is_refused(db):
    with pytest.raises(UnstorableType) as caught:
        db.insert({"when": {"day": object()}})
    assert caught.value.field == "when.day"
    assert isinstance(caught.value, TypeError)


def test_one_bad_document_of_many_keeps_none(db):
    with pytest.raises(UnstorableValue):
        db.insert_multiple([{"a": 1}, {"a": math.nan}])
    assert len(db) == 0


def test_a_bad_update_keeps_what_was(db):
    db.insert({"a": 1})
    with pytest.raises(UnstorableValue):
        db.update({"a": math.inf})
    assert db.all() == [{"a": 1}]


def test_values_come_back_as_json_does(db):
    class Tier(enum.StrEnum):
        GOLD = "gold"

    doc_id = db.insert(
        {"big": 2**70, "list": (1, 2), "tier": Tier.GOLD, 7: None, "f": 0.1, "名": "陈 \u2028 🙂"}
    )
    back = db.get(doc_id=doc_id)
    assert back == {"big": 2**70, "list": [1, 2], "tier": "gold", "7": None, "f": 0.1, "名": "陈 \u2028 🙂"}
    assert type(back["tier"]) is str


def test_documents_are_fresh_copies_in_and_out(db):
    mine = {"tags": ["a"]}
    doc_id = db.insert(mine)
    mine["tags"].append("b")
    db.get(doc_id=doc_id)["tags"].append("c")
    assert db.get(doc_id=doc_id) == {"tags": ["a"]}
