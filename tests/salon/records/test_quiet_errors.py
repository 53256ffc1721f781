"""An error's text ends in a log: it says which field and why, and never what was typed (SEC-02)."""

from __future__ import annotations

import traceback

import pytest

from salon.records import BadRecord, Member

PHONE, GENDER = "1380001-0001-x", "秘密"


def test_what_was_typed_is_in_no_error_and_in_no_traceback():
    with pytest.raises(BadRecord) as caught:
        Member.parse({"rid": "m-1", "surname": "王", "phone": PHONE, "gender": GENDER})
    told = "".join(traceback.format_exception(caught.value))
    assert "phone" in told
    assert "gender" in told
    assert PHONE not in told
    assert GENDER not in told
