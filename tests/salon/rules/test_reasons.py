"""Every decision explains itself in words: its sentence, figures with names, the rule's ids, the policy's version."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from salon.rules import reasons
from salon.rules.said import Explain, Said

ROOT = Path(__file__).resolve().parents[3]


def literal_keys():
    """The keys of every figure that a rule writes down as such."""
    found = set()
    for path in [*(ROOT / "salon/rules").glob("*.py"), *(ROOT / "edge/care").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            dicts = []
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Explain":
                dicts = [arg for arg in node.args if isinstance(arg, ast.Dict)]
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "figures":
                dicts = [part for part in ast.walk(node.value) if isinstance(part, ast.Dict)]
            found |= {key.value for d in dicts for key in d.keys if isinstance(key, ast.Constant)}
    return found


def test_every_figure_of_a_rule_has_a_name_in_both_languages_or_is_known_to_be_internal():
    keys = literal_keys()
    assert len(keys) > 50, "the rules were not found"
    assert keys <= set(reasons.LABELS) | reasons.INTERNAL
    assert not set(reasons.LABELS) & reasons.INTERNAL
    assert all(said.zh and said.en for said in reasons.LABELS.values())


@pytest.mark.parametrize(("language", "label"), [("zh", "客单价（元）"), ("en", "Ticket (yuan)")])
def test_a_reason_names_its_figures_its_rule_and_the_policy(language, label):
    explain = Explain(
        "falling ticket (CHN-02)", Said("连降", "Falling"), {"ticket_yuan": 120.50, "plan": "p-1"}, "2026.1"
    )
    found = reasons.reason(explain, language)
    assert found.figures == ((label, "120.5"),)
    assert (found.rule, found.policy) == ("CHN-02", "2026.1")
    assert found.said in {"连降", "Falling"}


def test_values_read_as_people_write_them():
    explain = Explain(
        "x", Said("", ""), {"ratings": [70, 65], "value": None, "in_opening_hours": True, "few": 5}
    )
    assert [value for _, value in reasons.reason(explain, "zh").figures] == ["70、65", "–", "是", "5"]
