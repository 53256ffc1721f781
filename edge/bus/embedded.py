"""`python -m edge.bus.embedded FOLDER`: a broker in Python, for a demo or a laptop where Mosquitto is not installed.

It says at its start what it cannot do. A store runs Mosquitto.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path

from amqtt.broker import Broker

from edge.bus.broker import EMBEDDED_MARK, BrokerFiles

HONEST = """\
Embedded broker (amqtt) on {host}:{port}, because Mosquitto is not installed. For trying things out only:
 - it speaks MQTT 3.1.1, so a publish that the rights forbid is dropped without telling the sender, and commands do not expire;
 - retained messages live in memory: after its restart a device shows as offline until it speaks again;
 - a disabled device falls silent at once, but its connection stays open until it ends by itself.
内置消息代理（amqtt），因未安装 Mosquitto。仅供试用：只支持 MQTT 3.1.1，无权限的消息被丢弃而不通知发送方，保留消息重启后丢失。
"""


async def serve(files: BrokerFiles) -> None:
    """Run until told to stop."""
    plugin = {"logins": str(files.logins)}
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{files.host}:{files.port}"}},
            "plugins": {"edge.bus._amqtt.LoginsPlugin": plugin, "edge.bus._amqtt.RightsPlugin": plugin},
        }
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await broker.start()
    mark = files.folder / EMBEDDED_MARK
    mark.touch()
    try:
        await stop.wait()
    finally:
        mark.unlink(missing_ok=True)
        await broker.shutdown()


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    files = BrokerFiles.open(Path(sys.argv[1]))
    print(HONEST.format(host=files.host, port=files.port), file=sys.stderr, flush=True)
    asyncio.run(serve(files))


if __name__ == "__main__":
    main()
