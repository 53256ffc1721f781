"""Decisions as pure functions of (records, policy, now). Each result says why: rule, figures, policy version."""
