from wherry.plan.images.chain import chain_id, chain_ids, stacked

A = "sha256:" + "a" * 64
B = "sha256:" + "b" * 64


def test_the_lowest_stack_is_named_by_its_only_layer() -> None:
    assert chain_ids((A,)) == (A,)


def test_a_higher_stack_is_named_by_the_one_below_and_its_own_layer() -> None:
    # printf 'sha256:aaa… sha256:bbb…' | sha256sum
    expected = "sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c"
    assert chain_ids((A, B)) == (A, stacked(A, B))
    assert stacked(A, B) == expected


def test_an_image_without_layers_has_no_chain() -> None:
    assert chain_id(()) == ""
    assert chain_id((A, B)) == stacked(A, B)
