"""A change is chained and kept as it came: HQ takes its text out of the message, or makes the canonical one."""

from __future__ import annotations

import json

import pytest

from cloud_sync_server.api import door
from cloud_sync_server.errors import BadRequest
from salon.reconcile import CHAIN_START
from salon.reconcile.change import chained, wire_text
from salon.reconcile.protocol import Push

OPS = [
    {"n": 1, "f": {"note": '"ops":[', "名": "值"}},
    [],
    "]}",
    7,
    {"t": "01-x", "\ud800": None},
]


def _text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _around(ops):
    return f'{{"n":1,"ops":[{ops}]}}'.encode(errors="surrogatepass")


def test_each_change_has_the_text_it_came_as():
    texts = [_text(op) for op in OPS]
    value, found = door._json_and_changes(_around(",".join(texts)))
    assert value == {"n": 1, "ops": OPS}
    assert found == [text.encode(errors="surrogatepass") for text in texts]


@pytest.mark.parametrize(
    "data",
    [
        b'{"ops":[],"n":1}',
        b'{"n":1,"ops":[]}',
        b'{"ops":[1],"n":[2]}',
        b'{"ops":[1, 2],"n":1}',
        b'{"n":1,"ops": [1]}',
        b'{"ops":[1],"ops":[2]}',
        b'{"ops" :[1],"ops":[2]}',
        b'{"ops":[1],"\\"ops":[2]}',
        b'{"a\\\\":{"ops":[1]},"ops":[3]}',
        b'{"n":{"ops":[1]},"ops":[2]}',
        b'{"\\"ops":[1]}',
        b'{"n":1}',
        b"[]",
    ],
)
def test_whatever_the_order_and_the_spaces_it_reads_what_json_says(data):
    value, texts = door._json_and_changes(data)
    assert value == json.loads(data)
    assert texts in ([], [str(op).encode() for op in dict(value).get("ops", ())])


@pytest.mark.parametrize(
    "data",
    [b'{"ops":[1,]}', b'{"ops":[,1]}', b'{"ops":[1]]}', b'{"ops":[NaN]}', b'{"ops":[1}', b'{"ops":[1;2]}', b'"ops":[1]}',
     b'{"n":,"ops":[1]}', b'{"n":"\xff","ops":[1]}', b'{"ops":[' + b"[" * 100_000 + b"]}"],
)  # fmt: skip
def test_what_is_no_json_is_refused(data):
    with pytest.raises(BadRequest):
        door._json_and_changes(data)


def _push(texts, h):
    push = Push.model_validate({
        "origin": {"store": "s001", "epoch": "0001"}, "client_now": 1, "n": 1, "prev_h": CHAIN_START.hex(), "h": h.hex(),
        "ops": [json.loads(text) for text in texts],
    })  # fmt: skip
    push.came_as(texts)
    return push


def test_a_message_made_in_another_way_is_chained_by_its_canonical_form():
    loose, canonical = b'{"b": 1, "a": 2}', b'{"a":2,"b":1}'
    assert wire_text(json.loads(loose)) == canonical
    (link,) = chained(CHAIN_START, [canonical])
    assert _push([loose], link).links() == ([canonical], [link])
    assert _push([canonical], link).links() == ([canonical], [link])


def test_a_text_that_was_altered_does_not_fit_the_chain():
    (link,) = chained(CHAIN_START, [b'{"a":2}'])
    _, found = _push([b'{"a":3}'], link).links()
    assert found != [link]
