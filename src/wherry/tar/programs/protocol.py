"""What a program and who starts it agree on."""

CONNECTION = 3
"""The descriptor of a connection that is lent to a program."""

APPLIED, CORRUPT, FAILED, REFUSED, FULL = 0, 3, 4, 5, 6
"""Exit statuses: what came of the work."""
