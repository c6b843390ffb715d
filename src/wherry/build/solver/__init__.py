"""What carries out the actions of a build: stages side by side, each step looked for in the cache before it is done.

Stages (`solving`) → steps (`stages`) → a container (`running`, `mounting`) or copies (`copying`, `downloads`) → layers,
which the cache remembers (`cache`). `made` is what there is after a step, `story` what is told meanwhile.
"""
