import pytest

from wherry.proxies import ProxyRules

PROXY = "http://proxy:3128"


@pytest.mark.parametrize(
    ("environment", "scheme", "proxy"),
    [
        ({}, "https", None),
        ({"HTTPS_PROXY": PROXY}, "https", PROXY),
        ({"HTTPS_PROXY": PROXY}, "http", None),
        ({"http_proxy": PROXY}, "http", PROXY),
        ({"HTTP_PROXY": PROXY, "http_proxy": "http://other"}, "http", PROXY),
        ({"HTTPS_PROXY": "proxy:3128"}, "https", PROXY),
        ({"HTTPS_PROXY": ""}, "https", None),
    ],
)
def test_the_environment_names_the_proxy(environment: dict[str, str], scheme: str, proxy: str | None) -> None:
    assert ProxyRules.from_environment(environment).proxy_for(scheme, "reg.example", 443) == proxy


@pytest.mark.parametrize(
    ("exceptions", "host", "straight"),
    [
        ("", "reg.example", False),
        ("", "localhost", True),
        ("", "127.0.0.7", True),
        ("", "::1", True),
        ("*", "reg.example", True),
        ("reg.example", "reg.example", True),
        ("reg.example", "REG.example.", True),
        ("example", "reg.example", True),
        ("other, reg.example", "reg.example", True),
        ("eg.example", "reg.example", False),
        (".example", "reg.example", True),
        (".reg.example", "reg.example", False),
        ("*.example", "reg.example", True),
        ("reg.example:443", "reg.example", True),
        ("reg.example:444", "reg.example", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "reg.example", False),
        ("10.0.0/x", "10.1.2.3", False),
        ("10.1.2.3:443", "10.1.2.3", True),
        ("fd00::1", "fd00::1", True),
        ("[fd00::1]:443", "fd00::1", True),
        ("[fd00::1]:444", "fd00::1", False),
    ],
)
def test_exceptions_go_straight(exceptions: str, host: str, straight: bool) -> None:
    rules = ProxyRules.from_environment({"HTTPS_PROXY": PROXY, "no_proxy": exceptions})
    assert (rules.proxy_for("https", host, 443) is None) is straight
