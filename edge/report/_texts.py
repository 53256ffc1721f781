"""The fixed words of the report."""

from __future__ import annotations

from salon.rules.said import Said

HEADING = Said("皮肤护理报告", "Skin care report")
THANKS = Said("{who}，感谢您今天的到来", "{who}, thank you for coming today")
BEFORE = Said("护理前", "Before")
AFTER = Said("护理后", "After")
ITEM = Said("项目", "Measure")
SCORE = Said("得分", "Score")
ERROR = Said("重复误差", "Repeat error")
VERDICT = Said("结论", "Finding")
VALUES = Said("今日变化", "What changed today")
MEASURED = Said("今日检测", "Measured today")
VALUES_NOTE = Said(
    "重复误差：同一肌肤连测两次，100 次中有 95 次相差不超过此值；超出才算真实变化。得分 0 到 100：越高，可见的越少。",
    "Repeat error: two measurements of the same skin differ by less than this in 95 of 100 cases. "
    "Only more than that counts as a real change. Scores run from 0 to 100: the higher, the less there is to see.",
)
NO_VALUES = Said("本次未做检测", "Nothing was measured in this visit")
NOT_IN_PHOTO = Said("本次照片无法测得：{names}", "Not measurable in this photo: {names}")
NOTED = Said("{name}：{hint}", "{name}: {hint}")
WHY = Said("{line}（{why}）", "{line} ({why})")
OBSTACLES = Said("两次照片不可比较：{why}", "The two photos cannot be compared: {why}")
BY_PROBE = Said("由皮肤检测笔测得：{names}", "By the skin probe: {names}")
HOME = Said("居家护理建议", "Care at home")
PRODUCTS = Said("今日所用产品", "Used today")
BATCH = Said("{name}（批次 {batch}）", "{name} (batch {batch})")
NEXT = Said("下次到店", "Next visit")
BOOKED = Said("已预约 {when}", "Booked for {when}")
SUGGESTED = Said("建议 {when} 前后", "We suggest about {when}")
NO_NEXT = Said("欢迎随时预约", "Book whenever it suits you")
CONTACTS = Said("我们会联系您", "You will hear from us")
POINTS = Said("会员积分", "Points")
POINTS_LINE = Said("本次 +{earned}，累计 {balance}", "+{earned} today, {balance} in all")
POINTS_HELD = Said("累计 {balance}", "{balance} in all")
SCAN_ME = Said("扫码在手机上查看", "Open on your phone")
SAME_NETWORK = Said("请连接店内无线网络", "in the store's Wi-Fi")
THERAPIST = Said("美容师 {name}", "with {name}")
MODELS = Said("测量版本 {models}", "Measured with {models}")
POLICY = Said("规则版本 {policy}", "policy {policy}")
PAGE = Said("第 {page} 页", "Page {page}")
MORE = Said("更多对比", "More views")
MONTH = Said("一个月前 · {day}", "A month ago · {day}")
TODAY = Said("今天", "Today")
TRENDS = Said("历次变化", "Over your visits")
TRENDS_NOTE = Said(
    "连线为每次到店时的状态，空心点为护理后；竖线为重复误差，浅色点拍摄光线不同。",
    "The line joins your skin as you came in; hollow points are after the treatment. "
    "The bars are the repeat error; pale points were taken in other light.",
)
CHANGED_HERE = Said("红色增多，蓝色减少", "Red: more. Blue: less.")
NO_PICTURE = Said("未拍摄", "No photo")

CONTACT_LINES: dict[str, Said] = {
    "report": Said("{when} 发送本报告与居家建议", "{when}: this report and advice for home"),
    "survey": Said("{when} 请您评价这次护理", "{when}: how did you like the visit?"),
    "call": Said("{when} 致电问候效果与感受", "{when}: a call to ask how it went"),
    "experience": Said("{when} 了解您的体验", "{when}: your first impressions"),
    "tip": Said("{when} 分享当季护理贴士", "{when}: a tip for the season"),
}
"""What the customer is told of a follow-up, by its rule; one without words here is the staff's own affair."""
