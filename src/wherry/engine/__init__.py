"""The engine: one service a noun. Services decide; ports act.

`engine.Engine` has them all as fields. `ports` says what they ask of the world, `concurrency` what they share when many
ask at a time; `recovery` is what an engine does first. `wherry.wiring` puts them together.
"""
