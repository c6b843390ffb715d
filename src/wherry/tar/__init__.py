"""Tar changesets: reading and applying them, writing them, and telling the differences of trees.

They import the standard library and little of it: a process that unpacks one layer, and a command that copies a
file, must start in a few milliseconds.

Sources of facts: POSIX.1-2017 *pax* (ustar and extended headers), the GNU tar manual ("Basic Tar Format",
"Storing Sparse Files"), the OCI image specification's ``layer.md`` (whiteouts), and
``Documentation/filesystems/overlayfs.rst`` of Linux.
"""
