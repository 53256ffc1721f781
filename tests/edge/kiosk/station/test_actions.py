"""Gloved hands choose between four things at most: what stands at the bottom of each page of a visit is counted."""

from __future__ import annotations

import re

import pytest

V = "/station/visit/v-1"
PAGES = (
    "prepare", "safety", "measure/before", "care", "more", "products", "services", "mood", "offers", "plan", "next",
    "hand-over", "measure/after", "finish",
)  # fmt: skip
MOST = 4


def actions(html):
    """Buttons and links at the bottom of a page."""
    bottom = re.search(r'<div class="do">(.*?)</main>', html, re.DOTALL)[1]
    return re.findall(r"<(?:a|button)\b|<label[^>]*\bbutton\b", bottom)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_a_visit_has_more_than_four_actions(treated, page):
    shown = treated.get(f"{V}/{page}", follow_redirects=True)
    assert shown.status_code == 200
    assert 1 <= len(actions(shown.text)) <= MOST, page


def test_a_step_that_was_ticked_leaves_four_actions_and_is_taken_back_beside_the_steps(treated, store):
    """SVC-07"""
    tick = {"service": "svc-face", "step": "disinfect", "touches": "0", "comfort": ""}
    treated.post(f"{V}/care/tick", data=tick)
    assert len(actions(treated.get(f"{V}/care").text)) == MOST
    more = treated.get(f"{V}/more").text
    assert more.count('class="tile"') <= MOST
    assert "Done last: Disinfect" in more
    assert "Undo" in more
    treated.post(f"{V}/care/undo", data={"service": "svc-face", "step": "disinfect", "touches": "1"})
    assert "Undo" not in treated.get(f"{V}/more").text
