from ipaddress import ip_address

import pytest

from wherry.registry.insecure import InsecurePolicy

POLICY = InsecurePolicy.parse(["reg.example:5000", "plain", "10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("host", "addresses", "insecure"),
    [
        ("reg.example:5000", [], True),
        ("reg.example", [], False),
        ("plain", [], True),
        ("plain:80", [], False),
        ("x:1", ["10.1.2.3"], True),
        ("x:1", ["192.0.2.1", "10.1.2.3"], True),
        ("x:1", ["192.0.2.1", "2001:db8::1"], False),
        ("x:1", ["fd00::1"], True),
        ("127.0.0.9:5000", ["127.0.0.9"], True),
        ("localhost", ["::1"], True),
    ],
)
def test_a_registry_is_insecure_by_its_name_or_its_addresses(host: str, addresses: list[str], insecure: bool) -> None:
    assert POLICY.covers(host, [ip_address(text) for text in addresses]) is insecure


def test_what_looks_like_a_network_must_be_one() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        InsecurePolicy.parse(["10.0.0.0/99"])
