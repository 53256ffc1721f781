"""The PDF: in both languages, small, one or two pages, with a QR code that opens the page (MEA-05)."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.report import FontMissing, Picture, _fonts, _pdf, build, pdf
from edge.report._sheet import _CLOSING, INNER, Sheet
from salon import demo
from salon.rules.times import later

NOW = "2026-11-22T05:30:00.000Z"
MADE = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)

poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")


@pytest.fixture(scope="module", autouse=True)
def _fonts_present():
    try:
        _fonts.sans()
    except FontMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def sheet():
    with closing(Sheet(title="t", author="a", language="zh", made=MADE)) as sheet:
        yield sheet


def text_of(body: bytes, folder: Path) -> str:
    path = folder / "report.pdf"
    path.write_bytes(body)
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True
    ).stdout


@poppler
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "zh",
            [
                "晴肌美学",
                "王女士",
                "护理前",
                "确有改善",
                "无可测变化",
                "居家护理建议",
                "不作医学诊断",
                "2,792",
            ],
        ),
        (
            "en",
            [
                "Clear Day Beauty",
                "Ms Wang",
                "Before",
                "Real change: better",
                "No measurable change",
                "Care at home",
            ],
        ),
    ],
)
def test_the_pdf_says_what_the_report_says(make, tmp_path, lang, words):
    text = text_of(pdf(build(make(lang=lang), NOW, lang)), tmp_path)
    for word in words:
        assert word in text


@poppler
def test_the_qr_code_opens_the_reports_address(make, tmp_path):
    import cv2

    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(build(make(), NOW, "zh")))
    subprocess.run(["pdftoppm", "-r", "150", "-png", path, tmp_path / "page"], check=True)
    found = {cv2.QRCodeDetector().detectAndDecode(cv2.imread(str(p)))[0] for p in tmp_path.glob("page*.png")}
    assert "http://192.168.1.20:8080/r/k7x2m9" in found


@poppler
def test_lines_and_the_difference_map_are_on_paper_too_mea_05_mea_07(make, tmp_path):
    before, after = make().scans
    history = [
        before.model_copy(
            update={"rid": f"x-{days}", "visit": f"v-{days}", "at": later(before.at, days=-days)}
        )
        for days in (90, 60, 30)
    ]
    photo = make().pictures[0]
    more = [
        photo.model_copy(update={"phase": "after", "concern": "redness_change", "caption": "泛红变化"}),
        photo.model_copy(update={"phase": "month", "concern": "", "caption": "10月23日"}),
        photo.model_copy(update={"concern": "", "caption": ""}),
    ]
    material = make(history=[*history, before, after], pictures=[*make().pictures, *more], advice=[])
    report = build(material, NOW, "zh")
    body = pdf(report)
    text = text_of(body, tmp_path)
    for word in ("历次变化", "8月24日", "泛红变化", "红色增多", "一个月前 · 10月23日", "未超过重复误差"):
        assert word in text
    assert pages(body) == 2


@poppler
def test_a_close_up_is_on_paper_and_one_alone_is_neither_before_nor_after_mea_14(make, tmp_path):
    near = (
        make().pictures[0].model_copy(update={"phase": "before", "concern": "scalp", "caption": "头皮近照"})
    )
    alone = text_of(pdf(build(make(pictures=[near]), NOW, "zh")), tmp_path)
    assert "头皮近照" in alone
    assert not {"护理前 · 头皮近照", "未拍摄"} & set(alone.splitlines())
    both = [near, near.model_copy(update={"phase": "after"})]
    text = text_of(pdf(build(make(pictures=[*make().pictures, *both]), NOW, "zh")), tmp_path)
    assert text.count("头皮近照") == 2


@poppler
def test_what_a_doctor_should_see_stands_before_the_figures(make, tmp_path):
    before, after = make().scans
    referred = before.model_copy(update={"checks": {"referrals": 1}})
    text = text_of(pdf(build(make(scans=[referred, after]), NOW, "zh")), tmp_path)
    assert 0 < text.index("请找医生看一看") < text.index("今日变化")


def test_the_fonts_are_cut_down_to_what_is_used(make):
    body = pdf(build(make(pictures=[]), NOW, "zh"))
    assert body.startswith(b"%PDF-")
    assert len(body) < 150_000


def test_a_rich_report_has_two_pages_and_a_bare_one_has_one(make):
    photo = make().pictures[0].jpeg
    many = [
        Picture(phase=phase, concern=key, caption=key, jpeg=photo)
        for key in ("redness", "evenness", "shine")
        for phase in ("before", "after")
    ]
    assert pages(pdf(build(make(pictures=many), NOW, "zh"))) == 2
    bare = {
        "scans": [],
        "readings": [],
        "pictures": [],
        "advice": [],
        "uses": [],
        "follow_ups": [],
        "url": "",
    }
    assert pages(pdf(build(make(**bare), NOW, "zh"))) == 1


def pages(body: bytes) -> int:
    return body.count(b"/Type /Page\n")


def test_a_customer_with_a_long_foreign_name_gets_one_too(make):
    member = demo.members("s002", NOW)[-1]
    member.surname = "Wolfeschlegelsteinhausenbergerdorff 王 🌸"
    assert pages(pdf(build(make(member=member, pictures=[]), NOW, "en"))) <= 2


def test_one_picture_alone_leaves_an_honest_empty_frame(make):
    assert pdf(build(make(pictures=make().pictures[:1]), NOW, "zh"))


def test_the_same_report_made_at_the_same_time_is_the_same_file(make):
    report = build(make(), NOW, "zh")
    assert pdf(report, made=MADE) == pdf(report, made=MADE)


def test_no_font_file_stays_open(make):
    report = build(make(pictures=[]), NOW, "zh")
    before = open_fonts()
    _pdf.pdf(report)  # here, not in the helper's process
    assert open_fonts() == before


def open_fonts() -> int:
    return sum(os.path.realpath(link) == str(_fonts.sans().path) for link in Path("/proc/self/fd").iterdir())


def test_no_line_begins_with_a_closing_mark_or_is_too_long(sheet):
    text = (
        "洁面后取两滴，轻按全脸（泛红处可叠加一层）。每天早晚各一次，出门前使用 SPF50 防晒；不要用 75% 酒精！"
        * 4
    )
    lines = sheet.lines(text, 60, size=9.5)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert len(lines) > 4
    for line in lines:
        assert line[0] not in _CLOSING
        assert line[-1] not in "（“《"
        assert sheet.get_string_width(line) <= 60


def test_english_words_stay_whole(sheet):
    text = "Moisturising cream in the evening, sun cream by day and plenty of water throughout."
    assert " ".join(sheet.lines(text, 40, size=9.5)) == text
    assert sheet.lines("", INNER, size=9.5) == []


def test_a_machine_without_a_chinese_font_is_told_what_to_install(tmp_path):
    assert _fonts.find(("NotoSansCJK-Regular.ttc",), (tmp_path,)) is None
    assert "apt install fonts-noto-cjk" in str(FontMissing((tmp_path,)))


def test_the_simplified_chinese_face_of_a_collection_is_taken():
    from fontTools.ttLib import TTFont

    font = _fonts.sans()
    if font.path.name != "NotoSansCJK-Regular.ttc":
        pytest.skip(f"{font.path.name} is not a Noto collection")
    with TTFont(str(font.path), fontNumber=font.face, lazy=True) as face:
        assert face["name"].getDebugName(1) == "Noto Sans CJK SC"
