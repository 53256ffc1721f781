"""The customer file as people fill it in (PRF-02, PRF-06..11, PRF-15): its fields in groups, and the words of their options.

Labels come from the record class; what a field may hold too. Health, permissions and what follows from elsewhere are not here: the
questionnaire and the customer herself fill those in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from salon.records import Member
from salon.rules.drinks import DRINKS
from salon.rules.said import Said
from salon.rules.staffcard import PRESSURES, SKIN_TYPES

Shape = Literal["line", "text", "words", "choice", "yes", "day", "phone"]

GROUPS: Mapping[str, tuple[Said, tuple[str, ...]]] = {
    "person": (
        Said("个人资料", "Person"),
        ("surname", "given_name", "gender", "birthday", "language", "large_type", "occupation", "hobbies"),
    ),
    "contact": (Said("联系方式", "Contact"), ("phone", "phone2", "email", "channel")),
    "comfort": (
        Said("偏好", "Comfort"),
        (
            "drink",
            "music",
            "scent",
            "warmth",
            "pressure",
            "time_of_day",
            "odour_sensitive",
            "in_a_hurry",
            "tags",
            "notes",
        ),
    ),
    "skin": (Said("皮肤", "Skin"), ("skin_type", "skin_texture", "skin_tone", "skin_source")),
    "nails": (
        Said("美甲", "Nails"),
        ("nail_shape", "nail_style", "polish_brand", "colours_liked", "colours_refused"),
    ),
    "hair": (Said("头发与头皮", "Hair and scalp"), ("hair_type", "scalp")),
}

OPTIONS: Mapping[str, Mapping[str, Said]] = {
    "gender": {"female": Said("女", "Female"), "male": Said("男", "Male"), "other": Said("其他", "Other")},
    "language": {"zh": Said("中文", "Chinese"), "en": Said("英文", "English")},
    "channel": {
        "wechat": Said("微信", "WeChat"),
        "sms": Said("短信", "SMS"),
        "phone": Said("电话", "Phone call"),
        "email": Said("邮件", "E-mail"),
    },
    "pressure": PRESSURES,
    "warmth": {"cool": Said("凉一些", "Cooler"), "warm": Said("暖一些", "Warmer")},
    "drink": DRINKS,
    "skin_type": SKIN_TYPES,
    "skin_source": {
        "instrument": Said("仪器", "Instrument"),
        "beautician": Said("美容师", "Beautician"),
        "self": Said("本人", "Herself"),
    },
    "nail_shape": {
        "square_oval": Said("方圆形", "Square oval"),
        "oval": Said("椭圆形", "Oval"),
        "pointed": Said("尖形", "Pointed"),
        "square": Said("方形", "Square"),
    },
    "hair_type": {"oily": Said("油性", "Oily"), "dry": Said("干性", "Dry"), "normal": Said("中性", "Normal")},
}
_SHAPES: Mapping[str, Shape] = {
    "birthday": "day", "phone": "phone", "phone2": "phone", "notes": "text", "drink": "choice",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One field of the form."""

    name: str
    label: Said
    shape: Shape
    options: Mapping[str, Said]
    required: bool


def fields(names: tuple[str, ...], required: tuple[str, ...]) -> list[Field]:
    """How these fields of the file are asked for."""
    return [_field(name, name in required) for name in names]


def _field(name: str, required: bool) -> Field:
    about = Member.about(name)
    return Field(name, Said(about.zh, about.en), shape(name), OPTIONS.get(name, {}), required)


def shape(name: str) -> Shape:
    """What kind of answer a field takes, by its declaration."""
    if name in _SHAPES:
        return _SHAPES[name]
    annotation: Any = Member.model_fields[name].annotation
    if get_origin(annotation) is Literal and "" in get_args(annotation):
        return "choice"
    if annotation is bool:
        return "yes"
    return "words" if get_origin(annotation) is list else "line"


def names() -> tuple[str, ...]:
    """Every field that the form knows."""
    return tuple(name for _, group in GROUPS.values() for name in group)
