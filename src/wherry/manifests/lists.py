"""What a user does with lists of manifests. Texts are those of docker/cli ``cli/command/manifest``."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from wherry.errors import Conflict, InvalidArgument, InvalidReference, NoSuchManifest
from wherry.manifests.folder import ManifestFolder
from wherry.manifests.platforms import is_known
from wherry.manifests.records import ListedManifest, Platform, check_same_registry, document, index
from wherry.manifests.registry import ManifestRegistry
from wherry.model.reference import Reference
from wherry.model.registry import Credentials
from wherry.registry import InsecurePolicy, Registry

T = TypeVar("T")

_TAB: Final = "\t"


class ManifestLists:
    """Those under ``root``. ``credentials`` gives the user's for a registry, by its domain: ``username`` and
    ``password``, or ``identitytoken``; or {}. Methods block, and raise WherryError. Names are texts, as a user types
    them."""

    def __init__(self, root: Path, credentials: Callable[[str], dict[str, str]], user_agent: str) -> None:
        self._folder = ManifestFolder(root)
        self._credentials = credentials
        self._user_agent = user_agent

    def annotate(
        self,
        name: str,
        image: str,
        *,
        os: str = "",
        architecture: str = "",
        os_version: str = "",
        os_features: Sequence[str] = (),
        variant: str = "",
    ) -> None:
        """Say more of a manifest in a list; what is "" stays as it is, and features are added."""
        target = _parsed(name, f"annotate: error parsing name for manifest list {name}: ")
        reference = _parsed(image, f"annotate: error parsing name for manifest {image}: ")
        try:
            manifest = self._folder.get(target, reference)
        except NoSuchManifest:
            raise NoSuchManifest(f"manifest for image {image} does not exist in {name}") from None
        known = manifest.platform
        platform = Platform(
            architecture=architecture or known.architecture,
            os=os or known.os,
            os_version=os_version or known.os_version,
            os_features=tuple(dict.fromkeys((*known.os_features, *os_features))),
            variant=variant or known.variant,
        )
        if not is_known(platform.os, platform.architecture):
            raise InvalidArgument(f"manifest entry for image has unsupported os/arch combination: {os}/{architecture}")
        self._folder.save(target, reference, manifest.on(platform))

    def create(self, name: str, images: Sequence[str], *, amend: bool, insecure: bool) -> str:
        """Make a list, or ``amend`` one. Gives its name in full."""
        target = _parsed(name, f"error parsing name for manifest list {name}: ")
        if not amend and self._list(target) is not None:
            raise Conflict("refusing to amend an existing manifest list with no --amend flag")
        for reference in map(_parsed, images):
            self._folder.save(target, reference, self._manifest(target, reference, insecure=insecure))
        return target.canonical

    def inspect(self, image: str, *, name: str = "", verbose: bool, insecure: bool) -> str:
        """A manifest of the list ``name``; or else a list, a manifest or a list of a registry, as JSON for people."""
        reference = _parsed(image)
        if name:
            return _shown(self._folder.get(_parsed(name), reference), verbose=verbose)
        found = self._list(reference) or self._ask(
            lambda registry: registry.manifest_or_list(reference), reference, insecure=insecure
        )
        if isinstance(found, ListedManifest):
            return _shown(found, verbose=verbose)
        return _list_shown(reference, found, verbose=verbose)

    def push(self, name: str, *, insecure: bool, purge: bool, told: Callable[[str], None]) -> str:
        """Send a list to where its name leads, and maybe forget it here; ``told`` what else went there. Its digest."""
        target = _parsed(name)
        manifests = self._folder.get_list(target)

        def pushed(place: Reference, digest: str) -> None:
            told(f"Pushed ref {place.canonical} with digest: {digest}")

        digest = self._ask(
            lambda registry: registry.push(target, manifests, pushed), target, insecure=insecure, loopback=True
        )
        if purge:
            self._folder.remove(target)
        return digest

    def remove(self, name: str) -> None:
        self._folder.remove(_parsed(name))

    def _list(self, target: Reference) -> tuple[ListedManifest, ...] | None:
        try:
            return self._folder.get_list(target)
        except NoSuchManifest:
            return None

    def _manifest(self, target: Reference, reference: Reference, *, insecure: bool) -> ListedManifest:
        """The one that the list has already, or the registry's."""
        try:
            return self._folder.get(target, reference)
        except NoSuchManifest:
            return self._ask(lambda registry: registry.manifest(reference), reference, insecure=insecure)

    def _credentials_at(self, domain: str) -> Credentials | None:
        found = self._credentials(domain)
        if not found:
            return None
        return Credentials(
            username=found.get("username", ""),
            password=found.get("password", ""),
            identity_token=found.get("identitytoken", ""),
        )

    def _ask(
        self,
        ask: Callable[[ManifestRegistry], Coroutine[Any, Any, T]],
        reference: Reference,
        *,
        insecure: bool,
        loopback: bool = False,
    ) -> T:
        """``loopback``: a registry of this host needs no TLS, even if it is not said to be ``insecure``."""
        trusted = InsecurePolicy.parse((reference.domain,)) if insecure else InsecurePolicy()
        policy = trusted if insecure or loopback else replace(trusted, networks=())

        async def asked() -> T:
            registry = Registry(insecure=policy, user_agent=self._user_agent, attempts=1)
            try:
                return await ask(ManifestRegistry(registry, self._credentials_at))
            finally:
                registry.close()

        return asyncio.run(asked())


def _parsed(text: str, before: str = "") -> Reference:
    """InvalidReference, with ``before`` at its beginning."""
    try:
        return Reference.parse(text).with_default_tag()
    except InvalidReference as error:
        raise InvalidReference(f"{before}{error}") from None


def _shown(manifest: ListedManifest, *, verbose: bool) -> str:
    return _laid_out(msgspec.json.encode(document(manifest)) if verbose else manifest.raw)


def _list_shown(target: Reference, manifests: Sequence[ListedManifest], *, verbose: bool) -> str:
    if verbose:
        return _laid_out(msgspec.json.encode([document(manifest) for manifest in manifests]))
    check_same_registry(target, manifests)
    return index(manifests).data.decode()


def _laid_out(data: bytes) -> str:
    """With a tab a level, as docker's command does."""
    spaced = msgspec.json.format(data, indent=1).decode()
    return "\n".join(_TAB * (len(line) - len(line.lstrip(" "))) + line.lstrip(" ") for line in spaced.split("\n"))
