"""A new guest at the kiosk's form."""

from __future__ import annotations

from tests.journeys.chain import Screen

ANSWERS = {
    "surname": lambda page: page.fill("input[name=surname]", "钱"),
    "title": lambda page: page.locator("input[name=gender][value=female]").check(force=True),
    "phone": lambda page: page.fill("#phone", "137 0013 7000"),
    "allergens": lambda page: page.locator("input[value=fragrance]").check(force=True),
    "sensitivity": lambda page: page.locator("input[name=sensitivity][value=mild]").check(force=True),
}
"""What she answers; other steps are left as they are."""
MOST_STEPS = 25


def fill_in_the_form(kiosk: Screen) -> None:
    """From the first page to the end of the form, agreeing to each consent."""
    page = kiosk.page
    kiosk.goto("/")
    for selector in ("button.begin", "a[href$='/new']"):
        with page.expect_navigation():
            page.locator(selector).click()
    for _ in range(MOST_STEPS):
        page.wait_for_load_state()
        step = page.url.rsplit("/", 1)[1].split("?")[0]
        if "/new/" not in page.url:
            break
        ANSWERS.get(step, lambda _page: None)(page)
        kiosk.shoot(f"guest-{step}")
        with page.expect_navigation():
            page.locator("form.step button.main").click()
    kiosk.shoot("guest-end")
