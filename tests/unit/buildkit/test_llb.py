from wherry.buildkit.messages.llb import Definition, Op, Source, of_result, result_of
from wherry.buildkit.protobuf import decode, encode


def test_the_result_of_a_build_has_a_name_that_clients_hand_on() -> None:
    definition = decode(Definition, of_result("build", "result-0"))
    end = decode(Op, definition.ops[-1])
    assert end.inputs[0].digest in definition.metadata  # clients refuse operations without
    assert result_of(encode(definition)) == ("build", "result-0")


def test_other_definitions_name_none() -> None:
    image = encode(Op(source=Source("docker-image://docker.io/library/busybox")))
    assert result_of(encode(Definition((image,)))) is None
    assert result_of(b"") is None
