"""`python -m edge.care`: the unit parlour-care, the clockwork of the store in PARLOUR_HOME."""

from __future__ import annotations

import logging
import threading

from edge import notify, unit
from edge.care import reach
from edge.care.channels import adapters
from edge.care.clockwork import Clockwork
from edge.care.settings import CareSettings
from edge.store import StoreError, opened

logger = logging.getLogger(__name__)


def run(clockwork: Clockwork, stop: threading.Event, tick_s: float) -> None:
    """Look until told to stop. A store that cannot be used now is asked again at the next look."""
    notify.ready()
    while not stop.is_set():
        try:
            ticked = clockwork.tick()
        except StoreError:
            logger.exception("the store cannot be used now")
        else:
            notify.alive(f"{ticked.posted.sent} sent, {ticked.posted.waiting} waiting")
            if ticked.posted.sent or ticked.breaches or ticked.daily:
                logger.info("%s", ticked)
        stop.wait(tick_s)
    notify.stopping()


def main() -> None:
    unit.log()
    settings = CareSettings.from_environment()
    stop = threading.Event()
    unit.on_stop(stop.set)
    with opened() as store:
        found = reach.look(store, settings.report_url)
        if found["why"] not in {"", "none"}:
            logger.warning("reports do not open at %s: %s", found["url"], found["why"])
        clockwork = Clockwork(
            store, adapters(settings), report_url=settings.report_url, replies=settings.replies
        )
        run(clockwork, stop, settings.tick_s)


if __name__ == "__main__":
    main()
