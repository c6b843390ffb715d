"""Images from Dockerfiles.

Text → instructions (`wherry.plan.dockerfile`) → stages that the target needs (`graph`) → one action after another,
all of it expanded (`stage`, and for single instructions `copying`, `running`, `mounting`). All that is pure; `solver`
carries the actions out, and `service` is what the faces call.
"""
