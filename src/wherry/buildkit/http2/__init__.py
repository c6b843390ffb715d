"""HTTP/2 (RFC 9113) on a connection of either role: what gRPC needs of it, and the walls against a peer that breaks it.

Priorities and pushes, which gRPC has not, are passed over or refused.
"""

from wherry.buildkit.http2.connection import Connection
from wherry.buildkit.http2.frames import PREFACE, ErrorCode
from wherry.buildkit.http2.headers import Headers
from wherry.buildkit.http2.stream import Stream, StreamReset

__all__ = ["PREFACE", "Connection", "ErrorCode", "Headers", "Stream", "StreamReset"]
