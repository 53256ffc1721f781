"""The agent that reconciles a store with HQ (`python -m edge.sync`), and enrolling a store."""

from __future__ import annotations

from edge.sync.agent import Agent, SyncReport
from edge.sync.enrolment import enrol
from edge.sync.errors import NotEnrolled, Refused, Restored, SyncError, Unreachable

__all__ = ["Agent", "NotEnrolled", "Refused", "Restored", "SyncError", "SyncReport", "Unreachable", "enrol"]
