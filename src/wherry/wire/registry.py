"""What Docker's API says of registries."""

from msgspec import UNSET, Struct, UnsetType


class AuthConfig(Struct, kw_only=True):
    """What a client's ``X-Registry-Auth`` header holds, and the body of a login."""

    username: str | None = None
    password: str | None = None
    serveraddress: str | None = None
    identitytoken: str | None = None
    registrytoken: str | None = None


class AuthResponse(Struct, kw_only=True, rename="pascal"):
    identity_token: str
    status: str


class PlatformResponse(Struct, kw_only=True):
    architecture: str
    os: str
    variant: str | UnsetType = UNSET


class DescriptorResponse(Struct, kw_only=True, rename="camel"):
    media_type: str
    digest: str
    size: int


class DistributionInspect(Struct, kw_only=True, rename="pascal"):
    descriptor: DescriptorResponse
    platforms: list[PlatformResponse]


class SearchResult(Struct, kw_only=True):
    star_count: int
    is_official: bool
    name: str
    is_automated: bool = False
    description: str
