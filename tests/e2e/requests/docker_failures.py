"""Where dockerd itself answers 500, though the request or somebody else is to blame, and so does this engine."""

import re

from schemathesis.core.transport import Response

_FAILURES = (
    # What a request names is asked over the network, and there is none, or that is no name.
    (
        r"GET /images/search|GET /distribution/.*|POST /auth|POST /images/create"
        r"|GET /plugins/privileges|POST /plugins/pull|POST /plugins/\{name\}/(upgrade|push)",
        r'(Get|Post) "https?://.*": (dial tcp|parse ")',
    ),
    # ps judges its own arguments.
    (r"GET /containers/\{id\}/top", r"ps: "),
    # The runtime, or the kernel, does not take what was asked for.
    (r"POST /containers/\{id\}/update", r"Cannot update container \w+: "),
    (r"POST /containers/\{id\}/start", r"OCI runtime create failed: "),
    (r"DELETE /containers/\{id\}", r"Conflict, cannot remove the default link name of the container"),
    (r"POST /networks/\{id\}/disconnect", r"container \w+ is not connected to (the )?network "),
    (r"POST /plugins/\{name\}/enable", r'strconv.Atoi: parsing ".*": invalid syntax'),
    (r"POST /plugins/create", r"failed to read from tar: (unexpected EOF|archive/tar: )"),
    # A build fails: dockerd does not tell why by the status.
    (r"POST /build", r"Cannot locate specified Dockerfile|invalid reference format|unexpected EOF|archive/tar: "),
    (r"POST /build", r"strconv.ParseInt: parsing .*: invalid syntax"),
    (r"POST /build", r"remoteURL .* could not be recognized as URL"),
)


def is_dockers_own(label: str, answer: Response) -> bool:
    text = answer.json()["message"]
    return any(re.fullmatch(request, label) and re.search(told, text, re.DOTALL) for request, told in _FAILURES)
