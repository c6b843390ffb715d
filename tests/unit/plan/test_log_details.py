from wherry.model.container import Container, ContainerSpec, HostSpec, LogConfig
from wherry.plan.log_details import log_details


def container(**options: str) -> Container:
    host = HostSpec(log=LogConfig(options=options))
    labels = {"stage": "bl ue", "b": "x=,1", "other": "o"}
    spec = ContainerSpec(image="i", env=("E=1", "PATH=/bin"), labels=labels, host=host)
    return Container(id="c" * 64, name="c", image_id="i", chain_id="", created=1, spec=spec)


def test_nothing_is_told_that_was_not_asked_for() -> None:
    assert log_details(container()) == ""


def test_labels_and_variables_are_told_sorted_and_encoded() -> None:
    assert log_details(container(labels="stage,b,none", env="E,NONE")) == "E=1,b=x%3D%2C1,stage=bl+ue"
