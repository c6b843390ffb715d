"""From the flags of ``run`` and ``create`` to the JSON of ``POST /containers/create``.

``grammar`` declares the flags, ``body`` puts the request together. Each other module is one family of flags: parsers
that ``grammar`` names (text → value, ValueError in Docker's words) and ``settings(options)``, the part of the request
that the family decides. A family's module is imported only when one of its flags is given.
"""
