"""What a scan can say about skin, in words for customers, and when a difference between two scans is real.

Cosmetic appearance only. What a camera cannot measure (moisture, elasticity, sebum) is said, never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from salon.records import Scan
from salon.rules.said import Said

Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Concern:
    """One thing a scan looks at."""

    label: Said
    better: Better
    """Which direction of the raw value is an improvement; a skin tone has none."""


CONCERNS: dict[str, Concern] = {
    "tone": Concern(Said("肤色", "Skin tone"), "neither"),
    "redness": Concern(Said("泛红", "Redness"), "lower"),
    "pigmentation": Concern(Said("色沉", "Pigmentation"), "lower"),
    "evenness": Concern(Said("肤色不匀", "Unevenness"), "lower"),
    "dark_circles": Concern(Said("黑眼圈", "Dark circles"), "lower"),
    "shine": Concern(Said("油光", "Shine"), "lower"),
    "pores": Concern(Said("毛孔", "Pores"), "lower"),
    "texture": Concern(Said("纹理", "Texture"), "lower"),
    "wrinkles": Concern(Said("细纹", "Fine lines"), "lower"),
    "spots": Concern(Said("色斑", "Spots"), "lower"),
    "acne_like": Concern(Said("痘样瑕疵", "Blemishes"), "lower"),
    "moisture": Concern(Said("水分", "Moisture"), "higher"),
    "elasticity": Concern(Said("弹性", "Elasticity"), "higher"),
    "sebum": Concern(Said("皮脂", "Sebum"), "lower"),
}
"""The keys are those of scans (`edge.vision.concerns`); an unknown one is shown by its key."""

MEANINGS: dict[str, Said] = {
    "tone": Said(
        "个体类型角（ITA）：越大肤色越浅。肤色没有好坏。",
        "Individual typology angle: the larger, the lighter. Tone is neither good nor bad.",
    ),
    "redness": Said(
        "皮肤显出的血红素多少，已去除阴影和黑色素的影响。越低越好。",
        "How much haemoglobin shows, with shading and melanin taken out. Lower is calmer.",
    ),
    "pigmentation": Said(
        "比周围皮肤颜色明显更深的面积。与肤色深浅无关。越低越好。",
        "The share of skin clearly darker than the skin around it, whatever the tone. Lower is better.",
    ),
    "evenness": Said(
        "面部各处红润程度的差别，不含单个痘痘和色斑；深色斑块见“色沉”。越低越均匀。",
        "How far the redness differs from place to place, single blemishes left out; dark patches are under pigmentation. Lower is more even.",
    ),
    "dark_circles": Said(
        "眼下皮肤比紧接其下方的皮肤暗多少。越低越好。",
        "How much darker the skin under the eyes is than the skin just below it. Lower is better.",
    ),
    "shine": Said(
        "T 区可见反光的面积。这是看得见的光泽，不是皮脂量。越低越哑光。",
        "The share of the T-zone that visibly reflects the lamp. It is shine as seen, not sebum. Lower is more matte.",
    ),
    "pores": Said(
        "每平方厘米可见毛孔的数量。越低越好。",
        "Visible pores per square centimetre. Lower is better.",
    ),
    "texture": Said(
        "皮肤最细微起伏的粗糙程度。越低越细腻。",
        "How rough the finest relief of the skin is. Lower is smoother.",
    ),
    "wrinkles": Said(
        "每平方厘米皱纹的长度。越低越好。",
        "Length of lines per square centimetre. Lower is better.",
    ),
    "spots": Said(
        "单个深色斑点所占的皮肤面积。越低越好。",
        "The share of skin that single dark spots take. Lower is better.",
    ),
    "acne_like": Said(
        "看起来像痘的部位所占的皮肤面积，仅指外观。越低越好。",
        "The share of skin that looks blemished; of appearance only. Lower is better.",
    ),
}
"""What the value of a concern is and which way is better, as the scan itself says it (`edge/vision/texts.toml`)."""
SCORES = Said(
    "得分 0 到 100：越高，可见的越少。", "Scores run from 0 to 100: the higher, the less there is to see."
)

CLOSEUPS: dict[str, Concern] = {
    "hair_cover": Concern(Said("头发覆盖", "Hair cover"), "neither"),
    "flakes": Concern(Said("头屑面积", "Flakes"), "lower"),
    "flakes_per_cm2": Concern(Said("头屑数量", "Flakes, number"), "lower"),
    "scalp_oil": Concern(Said("头皮出油", "Oil of the scalp"), "lower"),
    "hair_count": Concern(Said("发根数量", "Number of hairs"), "neither"),
    "nail_length": Concern(Said("甲长", "Nail length"), "neither"),
    "nail_width": Concern(Said("甲宽", "Nail width"), "neither"),
    "nail_ratio": Concern(Said("甲长宽比", "Nail, length to width"), "neither"),
    "nail_tip": Concern(Said("甲尖形状", "Nail tip"), "neither"),
    "nail_l": Concern(Said("甲色：明度", "Nail colour: lightness"), "neither"),
    "nail_a": Concern(Said("甲色：红绿", "Nail colour: red to green"), "neither"),
    "nail_b": Concern(Said("甲色：黄蓝", "Nail colour: yellow to blue"), "neither"),
    "nail_health": Concern(Said("指甲健康", "Health of the nail"), "neither"),
}
"""The keys are those of close-ups (`edge.vision.closeup`)."""
FORMS: dict[str, Said] = {
    "square": Said("方形", "square"),
    "round": Said("圆形", "round"),
    "pointed": Said("尖形", "pointed"),
}
"""Forms of a nail's tip."""

NOT_BY_CAMERA = Said(
    "水分、弹性、皮脂无法由相机测得，只能由皮肤检测笔接触测量",
    "A camera cannot measure moisture, elasticity or sebum: only the probe can",
)
NOT_AT_ALL = Said(
    "相机不测量：头皮出油、发根数量、指甲健康、皱纹深度、紫外线损伤、卟啉、肌肤年龄",
    "Not measured by camera: oil of the scalp, number of hairs, health of nails, depth of wrinkles, UV damage, porphyrins, skin age",
)
REFERRAL = Said(
    "有一处深色部位面积大、颜色或边缘不匀，未评分：请找医生看一看",
    "One dark place is large and uneven. It was not scored: please let a doctor look at it",
)
COSMETIC = Said("仅为皮肤外观参考，不作医学诊断", "Cosmetic appearance, not a medical finding")

REPEATS = 1.96 * math.sqrt(2)
"""Two honest captures of the same skin differ by less than this many repeat SDs in 95 of 100 pairs (Bland & Altman)."""

Verdict = Literal["better", "worse", "changed", "same", "unjudged", "not_comparable", "not_measured"]
VERDICTS: dict[Verdict, Said] = {
    "better": Said("确有改善", "Real change: better"),
    "worse": Said("确有变化：需留意", "Real change: to watch"),
    "changed": Said("确有变化", "Real change"),
    "same": Said("无可测变化", "No measurable change"),
    "unjudged": Said("重复误差未知，不作判断", "Repeat error unknown: not judged"),
    "not_comparable": Said("不可比较", "Not comparable"),
    "not_measured": Said("未能测量", "Not measured"),
}


SIDES: dict[str, Said] = {
    "side_left": Said("左侧脸", "Left side"),
    "side_right": Said("右侧脸", "Right side"),
}
"""Views of the face that are looked at and not measured: names of pictures, not of concerns."""


NEAR: dict[str, Said] = {
    "scalp": Said("头皮近照", "Scalp, close up"),
    "nails": Said("指甲近照", "Nail, close up"),
}
"""Pictures of close-ups, with what was counted drawn in: by what they show."""


def label(key: str) -> Said:
    """A concern or a view as customers read it; an unknown one by its key."""
    if key in CONCERNS:
        return CONCERNS[key].label
    if key in CLOSEUPS:
        return CLOSEUPS[key].label
    if key in SIDES or key in NEAR:
        return SIDES.get(key) or NEAR[key]
    if key.endswith("_change"):
        known = label(key.removesuffix("_change"))
        return Said(f"{known.zh}变化", f"{known.en}: change")
    plain = key.replace("_", " ").capitalize()
    return Said(plain, plain)


REGIONS: dict[str, Said] = {
    "forehead": Said("额头", "Forehead"),
    "glabella": Said("眉间", "Between the brows"),
    "nose": Said("鼻部", "Nose"),
    "left_cheek": Said("左脸颊", "Left cheek"),
    "right_cheek": Said("右脸颊", "Right cheek"),
    "left_under_eye": Said("左眼下", "Under the left eye"),
    "right_under_eye": Said("右眼下", "Under the right eye"),
    "left_crows_feet": Said("左眼角", "Left corner of the eye"),
    "right_crows_feet": Said("右眼角", "Right corner of the eye"),
    "chin": Said("下巴", "Chin"),
}
"""Parts of the face, the customer's own sides; the keys are those of scans (`edge.vision.regions`)."""

UNITS: dict[str, Said] = {
    "dE ab": Said("ΔE", "ΔE"),
    "dL*": Said("ΔL*", "ΔL*"),
    "Hb": Said("血红素指数", "haemoglobin index"),
}
"""Units in words for customers; others stand as they are."""

WHY_NOT: dict[str, Said] = {
    "probe_only": Said("只能由皮肤检测笔测量", "only the probe measures it"),
    "resolution": Said("脸在照片中偏小", "the face is small in the photo"),
    "eyes": Said("未准确找到双眼（睁眼拍摄即可）", "the eyes were not found exactly (open eyes help)"),
    "covered": Said("露出的皮肤太少", "too little bare skin shows"),
    "gate": Said("照片的光线或清晰度不够", "the light or the sharpness of the photo did not allow it"),
    "no_strip": Said("画面中没有完整的灰阶条", "the whole grey strip was not in view"),
    "coarse": Said("拍得太远", "taken from too far"),
    "no_scalp": Said("露出的头皮太少（请分开头发）", "too little bare scalp was in view: part the hair"),
    "no_dark_hair": Said("头发不比头皮明显更深", "the hair is not clearly darker than the scalp"),
    "oil": Said("油光与头发光泽无法区分", "oil and the gloss of hair look alike"),
    "roots": Said("长发遮住发根", "long hair hides the roots"),
    "nail_health": Said("照片无法测得，也不作诊断", "no photo measures it, and nothing is diagnosed"),
    "ground": Said("请把手指放在素色灰纸上", "lay the finger on plain grey paper"),
    "no_finger": Said("没有找到伸入画面的手指", "no finger that reaches into the picture was found"),
    "fingers": Said("请只放一根手指", "lay down one finger only"),
    "no_plate": Said("甲面与皮肤的边界看不清", "the border between nail and skin is not seen"),
}
"""Why a scan has no figure for a concern: the reasons that a scan keeps, as far as a customer can do something about them."""

HINTS: dict[str, Said] = {
    "dark_redness": Said(
        "深色皮肤的泛红取决于光的强弱，没有灰条无从知道，因此不评分，只与本人以往比较",
        "On dark skin redness hangs on the level of the light, which only the grey strip tells: "
        "no score, and to be compared with the same person's figures only",
    ),
}
"""What must be said beside a figure: a reason that a scan keeps with a value, and not instead of one."""


def hint(*bodies: Mapping[str, Any]) -> Said | None:
    """What must be said beside these figures of one concern, if anything."""
    return next((HINTS[reason] for body in bodies if (reason := str(body.get("reason", ""))) in HINTS), None)


def unit(key: str) -> Said:
    """A unit as people read it."""
    return UNITS.get(key, Said(key, key))


LIGHT_LIMITS: dict[str, tuple[float, Said]] = {
    "level_ev": (0.2, Said("两次拍摄亮度不同", "the light was brighter in one photo")),
    "warmth": (0.15, Said("两次拍摄光线颜色不同", "the colour of the light differed")),
    "side_ev": (0.35, Said("两次拍摄光线方向不同", "the light came from another side")),
}
"""How far the light of two captures may differ: 5 % of it moves the skin tone by 2.7 degrees. The figures are those that a
scan keeps under `checks["light"]`: log2 of the level, of red over blue, and of one cheek over the other."""
OTHER_MODELS = Said("测量版本不同", "measured with another version")


def obstacles(before: Scan, after: Scan) -> list[Said]:
    """Why the figures of two scans must not be compared; empty if they may."""
    found = [] if before.models == after.models else [OTHER_MODELS]
    one, two = (scan.checks.get("light") or {} for scan in (before, after))
    for key, (limit, said) in LIGHT_LIMITS.items():
        if key in one and key in two and abs(one[key] - two[key]) > limit:
            found.append(said)
    return found


def measured(concern: Mapping[str, Any] | None) -> bool:
    """Whether a scan has a number for it: status is not a refusal, and the value is finite."""
    if not concern or concern.get("value") is None:
        return False
    return concern.get("status", "measured") in {"measured", "indicative"} and math.isfinite(concern["value"])


def compare(
    key: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    same_model: bool = True,
) -> Verdict:
    """Whether a concern really changed: beyond what repeats of one capture differ by."""
    if not (before and after and measured(before) and measured(after)):
        return "not_measured"
    # Another formula for the same concern makes another figure, as another model does.
    if not same_model or any(before.get(name) != after.get(name) for name in ("unit", "version")):
        return "not_comparable"
    known = CONCERNS.get(key) or CLOSEUPS.get(key)
    better: Better = known.better if known else "neither"
    return judge(after["value"] - before["value"], repeat_error(before, after), better)


def judge(delta: float, error: float | None, better: Better) -> Verdict:
    """The verdict on a difference, given what repeats differ by."""
    if error is None:
        return "unjudged"
    if abs(delta) <= error:
        return "same"
    if better == "neither":
        return "changed"
    return "better" if (delta < 0) == (better == "lower") else "worse"


_DIRECTIONS = {1: Said("升高", "Rose by"), -1: Said("降低", "Fell by")}


def sentence(verdict: Verdict, delta: float, size: str, error: str) -> Said | None:
    """What became of a figure, in one sentence: direction, by how much, and beside what repeats differ by.

    `size` and `error` are the figures as they are shown. None where nothing can be said.
    """
    if verdict in {"not_comparable", "not_measured"}:
        return None
    if not size.strip("0."):
        return Said("两次数值相同", "The same value both times")
    moved = _DIRECTIONS[1 if delta > 0 else -1]
    if verdict == "unjudged":
        return Said(f"{moved.zh} {size}；重复误差未知", f"{moved.en} {size}; the repeat error is not known")
    if verdict == "same":
        return Said(
            f"{moved.zh} {size}，未超过重复误差 {error}",
            f"{moved.en} {size}, within the repeat error of {error}",
        )
    return Said(
        f"{moved.zh} {size}，超过重复误差 {error}",
        f"{moved.en} {size}, more than the repeat error of {error}",
    )


def repeat_error(*concerns: Mapping[str, Any]) -> float | None:
    """What repeats of the capture differ by, the largest of those given; None if one does not say its repeat SD."""
    spreads = [concern.get("repeat_sd") for concern in concerns]
    if any(sd is None for sd in spreads):
        return None
    return REPEATS * max(float(sd) for sd in spreads if sd is not None)
