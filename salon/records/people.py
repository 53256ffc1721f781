"""People: members (the customer file, PRF), their consents and screenings, and employees."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from salon.records._base import About, Day, Line, Merge, Privacy, Record, Ref, Text, When, Words, register

Phone = Annotated[str, StringConstraints(pattern=r"^(\+?\d{6,15})?$")]
"""Digits as `salon.rules.phones.normalise` leaves them; empty if not given."""
TAIL = 4
"""Digits by which people name a number at a desk."""
Gender = Literal["", "female", "male", "other"]
Language = Literal["", "zh", "en"]
Purpose = Literal["service", "photos", "marketing", "share_health", "share_photos"]
"""What a consent is for: being served at all (file + questionnaire), skin photos kept in the store, marketing messages,
health data to the chain's other stores, photos leaving the store."""


def _real_day(value: str) -> str:
    from datetime import date

    if value:
        date.fromisoformat(value)
    return value


@register
class Member(Record):
    """The one digital file of a customer (PRF-01)."""

    kind: ClassVar[str] = "member"
    table: ClassVar[str] = "members"
    zh: ClassVar[str] = "会员"
    en: ClassVar[str] = "Member"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("phone",), ("phone2",), ("phone_tail",), ("phone2_tail",), ("card_code",), ("card_uid",), ("surname",),
        ("referred_by",), ("merged_into",),
    )  # fmt: skip

    surname: Annotated[Line, About("姓", "Surname", privacy=Privacy.CONTACT), Field(min_length=1)]
    given_name: Annotated[Line, About("名", "Given name", privacy=Privacy.CONTACT)] = ""
    gender: Annotated[Gender, About("性别", "Gender")] = ""
    phone: Annotated[Phone, About("手机号", "Phone", privacy=Privacy.CONTACT)] = ""
    phone2: Annotated[Phone, About("备用电话", "Second phone", privacy=Privacy.CONTACT)] = ""
    phone_tail: Annotated[Line, About("手机尾号", "Last four digits", privacy=Privacy.CONTACT)] = ""
    phone2_tail: Annotated[Line, About("备用电话尾号", "Of the second phone", privacy=Privacy.CONTACT)] = ""
    """By which the front desk looks people up. Nobody fills them in: they follow the numbers."""
    email: Annotated[Line, About("电子邮箱", "E-mail", privacy=Privacy.CONTACT)] = ""
    birthday: Annotated[
        Day, About("生日", "Birthday", privacy=Privacy.CONTACT), AfterValidator(_real_day)
    ] = ""
    occupation: Annotated[Line, About("职业", "Occupation")] = ""
    hobbies: Annotated[Words, About("爱好", "Hobbies", Merge.SET)] = []
    language: Annotated[Language, About("语言", "Language")] = ""
    large_type: Annotated[bool, About("大字模式", "Large type")] = False
    channel: Annotated[
        Literal["", "wechat", "sms", "phone", "email"], About("联系方式偏好", "Preferred channel")
    ] = ""
    drink: Annotated[Line, About("饮品", "Drink")] = ""
    music: Annotated[Line, About("音乐", "Music")] = ""
    pressure: Annotated[Literal["", "light", "medium", "firm"], About("力度", "Hand pressure")] = ""
    scent: Annotated[Line, About("香氛", "Scent")] = ""
    warmth: Annotated[Literal["", "cool", "warm"], About("室温偏好", "Room temperature")] = ""
    """Empty: as the house has it (SVC-11)."""
    tags: Annotated[Words, About("标签", "Tags", Merge.SET)] = []
    skin_type: Annotated[
        Literal["", "normal", "dry", "oily", "combination", "sensitive"], About("肤质", "Skin type")
    ] = ""
    allergens: Annotated[Words, About("过敏原", "Allergens", Merge.SET, Privacy.HEALTH)] = []
    contraindications: Annotated[Words, About("禁忌", "Contraindications", Merge.SET, Privacy.HEALTH)] = []
    medical_notes: Annotated[Text, About("病史与既往护理", "Medical notes", privacy=Privacy.HEALTH)] = ""
    notes: Annotated[Text, About("备注", "Notes")] = ""
    skin_texture: Annotated[Line, About("皮肤质地", "Skin texture")] = ""
    skin_tone: Annotated[Line, About("肤色", "Skin tone")] = ""
    skin_source: Annotated[
        Literal["", "instrument", "beautician", "self"], About("肤质来源", "Skin judged by")
    ] = ""
    nail_shape: Annotated[
        Literal["", "square_oval", "oval", "pointed", "square"], About("甲型", "Nail shape")
    ] = ""
    nail_style: Annotated[Line, About("美甲风格", "Nail style")] = ""
    polish_brand: Annotated[Line, About("甲油品牌", "Polish brand")] = ""
    colours_liked: Annotated[Words, About("喜欢的颜色", "Colours liked", Merge.SET)] = []
    colours_refused: Annotated[Words, About("不要的颜色", "Colours refused", Merge.SET)] = []
    hair_type: Annotated[Literal["", "oily", "dry", "normal"], About("发质", "Hair")] = ""
    scalp: Annotated[Words, About("头皮状况", "Scalp", Merge.SET)] = []
    """oil, loss, dandruff, sensitive: as seen, not as a diagnosis."""
    time_of_day: Annotated[Line, About("偏好时段", "Time of day")] = ""
    odour_sensitive: Annotated[bool, About("对气味敏感", "Sensitive to odours")] = False
    in_a_hurry: Annotated[bool, About("赶时间", "In a hurry")] = False
    plan: Annotated[Line, About("护理方案", "Care plan")] = ""
    therapist: Annotated[Ref, About("专属美容师", "Own therapist")] = ""
    card_code: Annotated[Line, About("会员码", "Member code", privacy=Privacy.CONTACT)] = ""
    card_uid: Annotated[Line, About("会员卡号", "Card number", privacy=Privacy.CONTACT)] = ""
    referred_by: Annotated[Ref, About("介绍人", "Referred by")] = ""
    family: Annotated[Ref, About("家庭账户", "Family")] = ""
    """Rid of the member who pays for this one (LOY-18)."""
    family_greeting: Annotated[Line, About("家人寄语", "Greeting of the family")] = ""
    home_store: Annotated[Ref, About("所属门店", "Home store")] = ""
    joined_at: Annotated[When, About("入会时间", "Joined")] = ""
    merged_into: Annotated[Ref, About("并入档案", "Merged into")] = ""
    """The file that this one is shown with: nothing is rewritten, so that taking it back restores both."""
    source: Annotated[Literal["", "kiosk", "phone", "desk", "import"], About("来源", "Source")] = ""

    @model_validator(mode="before")
    @classmethod
    def _tails_follow(cls, values: Any) -> Any:
        """Both tails, made anew from the numbers whenever a file is written."""
        if not isinstance(values, dict):
            return values
        tails = {
            f"{name}_tail": number[-TAIL:]
            for name in ("phone", "phone2")
            if isinstance(number := values.get(name, ""), str)
        }
        return {**values, **tails}


@register
class Consent(Record):
    """One permission of one member: what for, under which text, and whether it stands (SEC-06, SEC-07)."""

    kind: ClassVar[str] = "consent"
    table: ClassVar[str] = "consents"
    zh: ClassVar[str] = "授权"
    en: ClassVar[str] = "Consent"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member", "purpose"),)

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    purpose: Annotated[Purpose, About("用途", "Purpose", Merge.FIRST)]
    granted: Annotated[bool, About("同意", "Granted", Merge.CONSENT)]
    decided_at: Annotated[When, About("决定时间", "Decided")]
    text_version: Annotated[Line, About("条款版本", "Version of the text")]
    channel: Annotated[Literal["kiosk", "phone", "desk", "paper"], About("方式", "Channel")]


@register
class Screening(Record):
    """The answers of one skin and allergy questionnaire (SAF-01), as given: a fact."""

    kind: ClassVar[str] = "screening"
    table: ClassVar[str] = "screenings"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "皮肤与过敏问卷"
    en: ClassVar[str] = "Skin and allergy questionnaire"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",),)

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    taken_at: Annotated[When, About("填写时间", "Taken", Merge.FIRST)]
    form: Annotated[Line, About("问卷版本", "Form", Merge.FIRST)]
    allergens: Annotated[Words, About("过敏原", "Allergens", Merge.FIRST, Privacy.HEALTH)] = []
    conditions: Annotated[Words, About("身体状况", "Conditions", Merge.FIRST, Privacy.HEALTH)] = []
    sensitivity: Annotated[
        Literal["", "none", "mild", "severe"], About("敏感程度", "Sensitivity", Merge.FIRST, Privacy.HEALTH)
    ] = ""
    """Always asked, so that an empty one tells that the answers are not in this store: health leaves a store with her consent only."""
    remarks: Annotated[Text, About("补充说明", "Remarks", Merge.FIRST, Privacy.HEALTH)] = ""


Role = Literal["technician", "beautician", "desk", "consultant", "manager", "owner"]


@register
class Employee(Record):
    """A person who works here. The PIN's hash never leaves the store."""

    kind: ClassVar[str] = "employee"
    table: ClassVar[str] = "employees"
    kept_by: ClassVar[str] = "store"
    zh: ClassVar[str] = "员工"
    en: ClassVar[str] = "Employee"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("login",), ("badge",))

    login: Annotated[Line, About("登录名", "Login", privacy=Privacy.OPEN), Field(min_length=1)]
    name: Annotated[Line, About("姓名", "Name", privacy=Privacy.OPEN), Field(min_length=1)]
    name_en: Annotated[Line, About("英文名", "Name in English", privacy=Privacy.OPEN)] = ""
    roles: Annotated[Words, About("角色", "Roles", Merge.SET, Privacy.OPEN)]
    store: Annotated[Ref, About("门店", "Store", privacy=Privacy.OPEN)]
    active: Annotated[bool, About("在职", "Active", privacy=Privacy.OPEN)] = True
    specialities: Annotated[Words, About("擅长", "Specialities", Merge.SET, Privacy.OPEN)] = []
    pin_hash: Annotated[Line, About("密码摘要", "PIN hash", privacy=Privacy.LOCAL)] = ""
    trained_at: Annotated[Day, About("培训完成", "Training finished", privacy=Privacy.OPEN)] = ""
    exam_at: Annotated[Day, About("考试通过", "Exam passed", privacy=Privacy.OPEN)] = ""
    left_at: Annotated[When, About("离职时间", "Left", privacy=Privacy.OPEN)] = ""
    badge: Annotated[Line, About("工牌号", "Badge", privacy=Privacy.LOCAL)] = ""
