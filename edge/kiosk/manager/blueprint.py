"""The blueprint of the manager's pages, and what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from edge.kiosk.context import signed_in, the_policy, the_store
from edge.kiosk.i18n import language
from edge.kiosk.services.classing import Class, classes
from edge.kiosk.services.figures import Board, build
from edge.kiosk.services.kept import Kept, Made
from salon.rules import names, phones

if TYPE_CHECKING:
    from salon.records import Employee
    from salon.rules.said import Said

pages = Blueprint(
    "manager",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/manager",
    url_prefix="/manager",
)
_boards: dict[str, Kept[Board]] = {}
_classes: dict[str, Kept[list[Class]]] = {}


def board() -> Board:
    """The figures of this store; they say of when they are."""
    store = the_store()
    return _boards.setdefault(str(store.home), Kept(build)).of(store, the_policy()).value


def classed(*, again: bool = False) -> Made[list[Class]]:
    """The files of this store by their classes."""
    store = the_store()
    return _classes.setdefault(str(store.home), Kept(classes)).of(store, the_policy(), again=again)


def me() -> Employee:
    employee = signed_in()
    assert employee is not None, "the guard lets nobody else in"
    return employee


@pages.context_processor
def words() -> dict[str, object]:
    return {"said": _said, "full_name": names.full, "mask": phones.mask}


def _said(text: Said | None) -> str:
    return text.in_(language()) if text else ""
