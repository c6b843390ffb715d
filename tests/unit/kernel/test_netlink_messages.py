from wherry.kernel.network import netlink


def test_attributes_are_padded_to_four_bytes_and_read_back() -> None:
    data = netlink.text(3, "wb0") + netlink.u32(4, 1500) + netlink.attribute(5, b"x") + netlink.attribute(6, b"")
    assert len(data) == 8 + 8 + 8 + 4
    assert netlink.parse(data) == {3: b"wb0\0", 4: (1500).to_bytes(4, "little"), 5: b"x", 6: b""}


def test_nested_attributes_lose_their_flag_when_read() -> None:
    data = netlink.nested(18, netlink.text(1, "veth"), netlink.nested(2, netlink.u32(1, 7)))
    outer = netlink.parse(data)
    inner = netlink.parse(outer[18])
    assert inner[1] == b"veth\0"
    assert netlink.parse(inner[2])[1] == (7).to_bytes(4, "little")


def test_a_torn_attribute_ends_the_reading() -> None:
    assert netlink.parse(netlink.text(1, "a") + b"\x02\x00\x05\x00rubbish") == {1: b"a\0"}


def test_a_message_says_its_length_and_is_padded() -> None:
    message = netlink.message(16, 5, b"abc", 9)
    assert len(message) == 20
    assert int.from_bytes(message[:4], "little") == 19
