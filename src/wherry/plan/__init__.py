"""Decisions: pure functions from records and facts to plans. No I/O, no clock, no randomness."""
