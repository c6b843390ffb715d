"""BuildKit's protocol: what a docker command with the buildx plugin builds by.

It is imported when the first client asks for it, so that a daemon that never builds this way pays nothing.
"""
