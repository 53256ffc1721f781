"""The words in which a house describes what it offers: what a service or product is for, what kind of step, what proves one.

The rules look for these words in `uses`: plans, seasons, recommendations and the order of products at a bed. A word that is not
here is kept as it was written; it only has no label of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from salon.rules import allergens
from salon.rules.said import Said

CATEGORIES: Mapping[str, Said] = {
    "skin": Said("皮肤", "Skin"),
    "nails": Said("美甲", "Nails"),
    "hair": Said("头发与头皮", "Hair and scalp"),
    "body": Said("身体", "Body"),
}
NEEDS: Mapping[str, Said] = {
    "soothing": Said("舒缓", "Soothing"),
    "redness": Said("泛红", "Redness"),
    "hydrating": Said("补水保湿", "Hydrating"),
    "shine": Said("控油", "Shine"),
    "pores": Said("毛孔", "Pores"),
    "brightening": Said("亮肤", "Brightening"),
    "pigmentation": Said("色沉", "Pigmentation"),
    "evenness": Said("肤色不匀", "Evenness"),
    "spots": Said("色斑", "Spots"),
    "dark_circles": Said("黑眼圈", "Dark circles"),
    "firming": Said("紧致", "Firming"),
    "wrinkles": Said("细纹", "Fine lines"),
    "elasticity": Said("弹性", "Elasticity"),
    "sunscreen": Said("防晒", "Sun protection"),
    "nails": Said("美甲", "Nails"),
    "hair": Said("头发", "Hair"),
    "scalp": Said("头皮", "Scalp"),
}
OCCASIONS: Mapping[str, Said] = {
    "wedding": Said("婚礼", "A wedding"),
    "business": Said("商务宴请", "A business dinner"),
    "travel": Said("旅行", "Travel"),
    "gift": Said("送礼", "A gift"),
    "treat": Said("犒劳自己", "A treat for herself"),
}
"""What she comes for (PRF-11)."""
WHERE: Mapping[str, Said] = {
    "salon": Said("店内使用", "Used in the salon"),
    "home": Said("居家使用", "For home"),
}
"""A product that is not for home is neither sold nor advised."""
STEP_KINDS: Mapping[str, Said] = {
    "disinfect": Said("消毒", "Disinfect"),
    "prepare": Said("准备", "Prepare"),
    "measure": Said("检测", "Measure"),
    "treat": Said("护理", "Treat"),
    "product": Said("使用产品", "Use a product"),
    "finish": Said("收尾", "Finish"),
}
EVIDENCE: Mapping[str, Said] = {
    "": Said("手动勾选", "A tick by hand"),
    "reading": Said("皮肤检测笔读数", "A probe reading"),
    "scan": Said("皮肤检测", "A skin scan"),
    "steriliser": Said("灭菌器记录", "The steriliser's cycle"),
    "product": Said("产品使用记录", "A product's record"),
}
"""What a device can prove of a step; else it is ticked by hand, and marked so."""

_BETWEEN = re.compile(r"[\n;；、，]+|,\s+")
"""Between two ingredients. A comma within a name has no space after it: 1,2-Hexanediol."""


@dataclass(frozen=True)
class Found:
    """An allergen that the list of ingredients names."""

    key: str
    label: Said
    ingredient: str


def ingredients(text: str) -> list[str]:
    """A pasted list of ingredients, one by one, in its own order and each once. The full stop of a label's sentence is no part of the last
    one; that of "Alcohol Denat." on a line of its own is.
    """
    whole = text.strip().rstrip("。")
    sentence = whole if "\n" in whole else whole.removesuffix(".")
    parts = (" ".join(part.split()) for part in _BETWEEN.split(sentence))
    return list(dict.fromkeys(part for part in parts if part))


def allergens_in(names: Iterable[str]) -> list[Found]:
    """What the check at the bed will find in these ingredients (SAF-05): shown before anybody relies on it."""
    known = list(names)
    out = []
    for key, allergen in allergens.CATALOGUE.items():
        named = next((one for one in known if allergen.is_in(one)), None)
        if named is not None:
            out.append(Found(key, allergen.label, named))
    return out
