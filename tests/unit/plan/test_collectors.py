"""Texts were asked of dockerd 26.1.5."""

import pytest

from wherry.errors import InternalError, InvalidArgument
from wherry.model.collector import Collector, CollectorAddress, CollectorTls, Fluentd, Gelf, Syslog
from wherry.model.container import Container, ContainerSpec, HostSpec, LogConfig
from wherry.plan.logs import options as log_options
from wherry.plan.logs.collectors import collector, retry_delay

ID = "c" * 64


def made(driver: str, **options: str) -> Collector:
    log = LogConfig(driver=driver, options={name.replace("_", "-"): value for name, value in options.items()})
    spec = ContainerSpec(image="i", command=("sh", "-c"), env=("E=1",), labels={"_l": "x"}, host=HostSpec(log=log))
    found = collector(Container(id=ID, name="box", image_id="sha256:1", chain_id="", created=1_500_000_000, spec=spec))
    assert found
    return found


def test_a_log_that_stays_here_has_none() -> None:
    spec = ContainerSpec(image="i", host=HostSpec(log=LogConfig(driver="local")))
    assert collector(Container(id=ID, name="box", image_id="", chain_id="", created=1, spec=spec)) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", CollectorAddress(network="local")),
        ("udp://h", CollectorAddress(network="udp", host="h", port=514)),
        ("tcp://[::1]:99", CollectorAddress(network="tcp", host="::1", port=99)),
        ("tcp+tls://h:6514", CollectorAddress(network="tls", host="h", port=6514)),
        ("unixgram:///dev/log", CollectorAddress(network="unixgram", path="/dev/log")),
    ],
)
def test_addresses_of_syslog(text: str, address: CollectorAddress) -> None:
    assert made("syslog", syslog_address=text).address == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", CollectorAddress(network="tcp", host="127.0.0.1", port=24224)),
        ("h", CollectorAddress(network="tcp", host="h", port=24224)),
        ("h:1", CollectorAddress(network="tcp", host="h", port=1)),
        ("tls://h", CollectorAddress(network="tls", host="h", port=24224)),
        ("unix:///run/f", CollectorAddress(network="unix", path="/run/f")),
    ],
)
def test_addresses_of_fluentd(text: str, address: CollectorAddress) -> None:
    assert made("fluentd", fluentd_address=text).address == address


def test_what_syslog_is_told() -> None:
    found = made(
        "syslog",
        syslog_address="tcp+tls://h",
        syslog_facility="local7",
        syslog_format="rfc5424",
        syslog_tls_ca_cert="/ca",
        syslog_tls_skip_verify="false",
        tag="{{.Name}}",
    )

    assert found.messages == Syslog(facility=23, tag="box", format="rfc5424", counted=True)
    assert found.tls == CollectorTls(ca="/ca", verify=False)


def test_what_graylog_is_told() -> None:
    found = made("gelf", gelf_address="udp://h:1", gelf_compression_type="zlib", labels="_l", env="E")

    assert found.messages == Gelf(
        compression="zlib",
        fields={
            "_command": "sh -c",
            "_container_id": ID,
            "_container_name": "box",
            "_created": "1970-01-01T00:00:01.5Z",
            "_image_id": "sha256:1",
            "_image_name": "i",
            "_tag": "c" * 12,
            "_l": "x",
            "_E": "1",
        },
    )


def test_what_fluentd_is_told() -> None:
    found = made("fluentd", fluentd_async="1", fluentd_retry_wait="2s", fluentd_request_ack="true", env="E")

    fields = {"container_id": ID, "container_name": "/box", "E": "1"}
    assert found.messages == Fluentd(tag="c" * 12, fields=fields, acknowledged=True)
    assert (found.lazy, found.retry) == (True, 2.0)


@pytest.mark.parametrize(
    ("driver", "options", "text"),
    [
        ("syslog", {"syslog-address": "127.0.0.1:514"}, 'parse "127.0.0.1:514": first path segment in URL cannot'),
        ("syslog", {"syslog-address": "localhost:514"}, "unsupported scheme: 'localhost'"),
        ("syslog", {"syslog-facility": "24"}, "invalid syslog facility"),
        ("gelf", {"gelf-address": "http://h:1"}, "gelf: endpoint needs to be TCP or UDP"),
        (
            "gelf",
            {"gelf-address": "udp://h:1", "gelf-compression-type": "odd"},
            'unknown value "odd" for log opt "gelf-',
        ),
        (
            "gelf",
            {"gelf-address": "udp://h:1", "gelf-compression-level": "77"},
            'unknown value "77" for log opt "gelf-',
        ),
        ("gelf", {"gelf-address": "tcp://h:1", "gelf-compression-level": "1"}, "compression is only supported on UDP"),
        (
            "gelf",
            {"gelf-address": "udp://h:1", "gelf-tcp-max-reconnect": "1"},
            '"gelf-tcp-max-reconnect" is only valid',
        ),
        (
            "gelf",
            {"gelf-address": "tcp://h:1", "gelf-tcp-max-reconnect": "x"},
            '"gelf-tcp-max-reconnect" must be a posi',
        ),
        ("gelf", {"gelf-address": "tcp://h:1", "bogus": "x"}, 'unknown log opt "bogus" for gelf log driver'),
        ("fluentd", {"fluentd-address": "http://h"}, "invalid fluentd-address (http://h): unsupported scheme: 'http'"),
        ("fluentd", {"fluentd-address": "unix:///"}, "invalid fluentd-address (unix:///): path is empty"),
        (
            "fluentd",
            {"fluentd-address": "h:99999"},
            "invalid fluentd-address (h:99999): invalid port: strconv.ParseUin",
        ),
        ("fluentd", {"fluentd-async": "odd"}, 'strconv.ParseBool: parsing "odd": invalid syntax'),
        ("fluentd", {"fluentd-retry-wait": "odd"}, 'time: invalid duration "odd"'),
        ("fluentd", {"fluentd-buffer-limit": "odd"}, "invalid size: 'odd'"),
        ("fluentd", {"fluentd-max-retries": "-1"}, 'strconv.ParseUint: parsing "-1": invalid syntax'),
        ("fluentd", {"fluentd-async-reconnect-interval": "1ms"}, 'value ("1ms") must be between 100ms and 10s'),
        ("fluentd", {"cache-disabled": "odd"}, "invalid value for option cache-disabled: odd"),
    ],
)
def test_options_that_make_no_sense(driver: str, options: dict[str, str], text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        log_options.check(LogConfig(driver=driver, options=options))

    assert text in str(caught.value)


def test_a_pattern_that_is_none_is_found_at_the_start() -> None:
    with pytest.raises(InternalError, match="failed to initialize logging driver: error parsing regexp"):
        made("gelf", gelf_address="udp://h:1", labels_regex="(")


def test_attempts_become_rarer() -> None:
    assert [retry_delay(1, failures) for failures in (1, 2, 3)] == [1, 1.5, 2.25]
    assert retry_delay(1, 1000) == 30


def test_a_copy_has_options_of_its_own_whatever_the_driver() -> None:
    default = LogConfig(driver="gelf", options={"gelf-address": "udp://h:1", "cache-max-size": "1m"})

    merged = log_options.merged(LogConfig(driver="syslog"), default)

    assert merged.options == {"cache-max-size": "1m"}
