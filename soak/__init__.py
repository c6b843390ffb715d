"""The daemon is killed again and again while many clients use it: ``./dev soak``, and a short form in the tests."""
