"""`python -m edge.sync`: the agent of the store in PARLOUR_HOME."""

from __future__ import annotations

import os
import threading

from edge import notify, unit
from edge.store import opened
from edge.sync.service import Service, agent_when_enrolled
from edge.watchdog import Watchdog


def main() -> None:
    unit.log()
    stop = threading.Event()
    unit.on_stop(stop.set)
    with opened() as store:
        notify.ready()
        waiting = Watchdog(lambda: "" if store.clock_suspect() in {True, False} else "no answer")
        waiting.start()
        agent = agent_when_enrolled(store, os.environ.get("PARLOUR_HQ_URL", ""), stop)
        if agent is not None:
            waiting.stop()
            service = Service(agent, stop)
            Watchdog(service.problem).start()
            service.run()
            agent.close()
        notify.stopping()


if __name__ == "__main__":
    main()
