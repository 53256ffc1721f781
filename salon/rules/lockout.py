"""How long a login is closed after wrong PINs: five tries, then 30 s, doubling up to 15 min.

A pure function of what is stored, so that a restart forgives nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from salon.rules.said import Said
from salon.rules.times import Now, instant

FREE_TRIES = 5
FIRST_DELAY = 30  # s: long enough to stop guessing, short enough for wet gloves
LONGEST_DELAY = 15 * 60  # s: a shift must be able to go on


@dataclass(frozen=True)
class Lockout:
    """Whether a PIN may be tried now."""

    locked: bool
    seconds_left: int
    tries_left: int
    """Until the next delay; 0 while locked or when each further failure costs a delay."""

    @property
    def said(self) -> Said:
        if self.locked:
            return Said(
                f"尝试次数过多，请 {self.seconds_left} 秒后再试",
                f"Too many tries: wait {self.seconds_left} s",
            )
        if self.tries_left:
            return Said(f"还可尝试 {self.tries_left} 次", f"{self.tries_left} tries left")
        return Said("还可尝试 1 次", "1 try left")


def check(failures: int, last_failure_at: Now, now: Now) -> Lockout:
    """What `failures` in a row mean now. `last_failure_at` may be empty when there were none.

    A clock that went back makes nobody wait longer than the delay itself.
    """
    if failures < FREE_TRIES:
        return Lockout(locked=False, seconds_left=0, tries_left=FREE_TRIES - failures)
    delay = delay_after(failures)
    since = (instant(now) - instant(last_failure_at)) / timedelta(seconds=1)
    left = delay - max(0, int(since))
    return Lockout(locked=left > 0, seconds_left=max(0, left), tries_left=0)


def delay_after(failures: int) -> int:
    """Seconds to wait after so many failures in a row."""
    if failures < FREE_TRIES:
        return 0
    doublings = min(failures - FREE_TRIES, 10)  # 30 s x 2^10 is far beyond the longest delay
    return min(FIRST_DELAY << doublings, LONGEST_DELAY)
