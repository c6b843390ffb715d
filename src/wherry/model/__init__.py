"""The nouns: frozen records of facts, with no behaviour beyond reading them.

A change is ``msgspec.structs.replace``; lists are tuples; mappings are never changed in place. msgspec gives each
record its own copy of an empty default.
"""
