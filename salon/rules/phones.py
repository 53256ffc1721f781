"""Telephone numbers as people type them, and as the file keeps them: digits, and a plus for other countries.

Mainland mobiles have 11 digits beginning with 13 to 19 (Telecommunications numbering plan of the MIIT); landlines keep
their area code with its zero.
"""

from __future__ import annotations

import re
import unicodedata

from salon.rules.said import Said

CODES: dict[str, Said] = {
    "empty": Said("请输入手机号", "Please enter a phone number"),
    "letters": Said("手机号只能包含数字", "A phone number has digits only"),
    "too_short": Said("号码位数不足，手机号为 11 位", "Too few digits: a mobile number has 11"),
    "too_long": Said("号码位数过多，手机号为 11 位", "Too many digits: a mobile number has 11"),
    "not_a_number": Said("号码不正确，请核对", "This is not a phone number, please check"),
}
_FILLERS = re.compile(r"[\s\-‐-―.()·/]")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0[1-9]\d{8,10}")


class BadPhone(ValueError):
    """Raised when a text is not a phone number; `.code` is a key of CODES."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.said = CODES[code]
        super().__init__(code)


def normalise(text: str) -> str:
    """The number as the file keeps it. Raises BadPhone."""
    number = _FILLERS.sub("", unicodedata.normalize("NFKC", text))
    if not number:
        raise BadPhone("empty")
    if number.startswith("00"):
        number = "+" + number[2:]
    digits = number.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        raise BadPhone("letters")
    if number.startswith("+0"):  # no country's code begins with a nought
        raise BadPhone("not_a_number")
    if number.startswith("+") and not digits.startswith("86"):
        if (
            8 <= len(digits) <= 15
        ):  # E.164: at most 15 digits; shorter than 8 exists nowhere with a country code
            return number
        raise BadPhone("too_short" if len(digits) < 8 else "too_long")
    if len(digits) > 11 and digits.startswith("86"):
        digits = digits.removeprefix("86")
    if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
        return digits
    if len(digits) < 11:
        raise BadPhone("too_short")
    raise BadPhone("not_a_number" if len(digits) == 11 else "too_long")


def mask(phone: str) -> str:
    """138****5678: enough to know one's own number, too little to learn another's."""
    if len(phone) < 8:
        return "*" * len(phone)
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
