"""Images from Dockerfiles.

Text → instructions (`wherry.plan.dockerfile`) → stages that the target needs (`graph`) → one action after another,
all of it expanded (`stage`). What carries the actions out comes after them; up to there all is pure.
"""
