"""Ports for servers that a test starts in another process: whoever is given one has it until this process ends, among all tests of this machine.

A port that the kernel picks may be lent to any connection or to another worker before the server binds it, or while it is restarted. These lie
below those that connections are given, and each is held by a name of its own, which ends with this process and leaves nothing behind.
"""

from __future__ import annotations

import random
import socket

LOWEST, HIGHEST = 20_000, 32_000
"""Linux gives connections 32768 and above (ip_local_port_range)."""
_held: list[socket.socket] = []


def free_port() -> int:
    """One that nobody listens on and no other test has been given."""
    while True:
        port = random.randrange(LOWEST, HIGHEST)
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            name.bind(f"\0parlour-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        _held.append(name)
        return port
