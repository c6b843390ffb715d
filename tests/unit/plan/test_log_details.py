import pytest

from wherry.errors import InternalError
from wherry.model.container import Container, ContainerSpec, HostSpec, LogConfig
from wherry.plan.logs.details import log_details


def container(**options: str) -> Container:
    host = HostSpec(log=LogConfig(options=options))
    labels = {"stage": "bl ue", "b": "x=,1", "other": "o"}
    spec = ContainerSpec(image="i", env=("E=1", "PATH=/bin"), labels=labels, host=host)
    return Container(id="c" * 64, name="c", image_id="i", chain_id="", created=1, spec=spec)


def test_nothing_is_told_that_was_not_asked_for() -> None:
    assert log_details(container()) == ""


def test_labels_and_variables_are_told_sorted_and_encoded() -> None:
    assert log_details(container(labels="stage,b,none", env="E,NONE")) == "E=1,b=x%3D%2C1,stage=bl+ue"


def test_names_may_be_patterns() -> None:
    assert log_details(container(**{"labels-regex": "^s|^o", "env-regex": "^E$"})) == "E=1,other=o,stage=bl+ue"


def test_a_tag_tells_of_the_container() -> None:
    assert log_details(container(tag="{{.Name}}/{{ .ID }}")) == f"tag=c%2F{'c' * 12}"


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("tag", "{{.Nope}}", r"template: log-tag:1:2.*can't evaluate field Nope in type \*logger.Info"),
        ("labels-regex", "(", r"error parsing regexp: .*: `\(`"),
    ],
)
def test_options_that_make_no_sense(option: str, value: str, text: str) -> None:
    with pytest.raises(InternalError, match=f"failed to initialize logging driver: {text}"):
        log_details(container(**{option: value}))
