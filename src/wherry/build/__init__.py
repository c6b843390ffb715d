"""Images from Dockerfiles.

Text → instructions (`wherry.plan.dockerfile`) → what is to be done (`plan`) → done (`solver`). `service` is what the
faces call, `client` what it may ask of who wants the build.
"""
