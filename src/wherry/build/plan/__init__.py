"""What a build has to do: pure, and nothing done yet.

The stages that the target needs (`graph`) → one action after another, all of it expanded (`stage`, and for single
instructions `copying`, `running`, `mounting`).
"""
