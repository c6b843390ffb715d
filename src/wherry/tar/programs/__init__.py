"""Programs, each the ``main`` of a module: processes that work on one directory, and cannot leave it.

`layer` applies a layer, `build` makes one of files, `context` unpacks a build's context, `cp` unpacks for a container,
`mirror` fills the mirror of a client's directory.
`nursery` starts them.
"""
