"""Why something a device said is not taken. Each carries a code that the technician's page translates."""

from __future__ import annotations


class SensorError(Exception):
    """The base of all errors of this part."""


class Refused(SensorError, ValueError):
    """Raised when a message cannot be taken; `.code` for the page, `.detail` for the technician."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")
