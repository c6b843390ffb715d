"""The table and the JSON that come out of samples."""

import json
import subprocess

import pytest
from benchmarks.benchmark import Row
from benchmarks.race import Outcome, describe
from benchmarks.report import document, line_of, table

RUN = Row("run", "run --rm", "ms", aim=0.20)
THROUGHPUT = Row("stream", "throughput", "MB/s", aim=1.0, more_is_better=True)


def columns(text: str, title: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(title))
    return line.removeprefix(title).split()


def test_a_row_shows_medians_the_ratio_and_that_the_aim_is_met() -> None:
    outcome = Outcome(RUN, {"dockerd": [200.0, 250.0, 300.0], "wherry": [30.0, 25.0, 35.0], "wherry CLI": [20.0]})
    expected = ["ms", "3", "250", "295", "30.0", "34.5", "0.12", "≤", "0.20", "yes", "20.0", "0.08"]
    assert columns(table([outcome]), "run --rm") == expected


def test_an_aim_that_is_missed_is_told() -> None:
    assert "NO" in columns(table([Outcome(RUN, {"dockerd": [100.0], "wherry": [21.0]})]), "run --rm")


@pytest.mark.parametrize(("wherry", "met"), [(300.0, True), (100.0, True), (99.0, False)])
def test_of_a_throughput_more_is_better(wherry: float, met: bool) -> None:
    assert line_of(Outcome(THROUGHPUT, {"dockerd": [100.0], "wherry": [wherry]})).met is met


@pytest.mark.parametrize(("growth", "met"), [(0.5, True), (2.5, False)])
def test_a_limit_is_for_the_figure_itself(growth: float, met: bool) -> None:
    outcome = Outcome(Row("growth", "growth", "MB", limit=2), {"wherry": [growth]})
    assert line_of(outcome).met is met
    assert "≤ 2 MB" in table([outcome])


@pytest.mark.parametrize(("own", "met"), [(90.0, True), (101.0, False)])
def test_an_aim_may_be_for_the_own_client(own: float, met: bool) -> None:
    row = Row("ps", "ps", "ms", aim=1.0, by_own_client=True)
    assert line_of(Outcome(row, {"dockerd": [100.0], "wherry": [200.0], "wherry CLI": [own]})).met is met


def test_podman_stands_beside_with_a_ratio_of_its_own() -> None:
    line = table([Outcome(RUN, {"dockerd": [200.0], "wherry": [30.0], "podman": [60.0]})])
    assert columns(line, "run --rm")[-2:] == ["60.0", "0.50"]


def test_without_dockerd_there_is_neither_ratio_nor_verdict() -> None:
    line = line_of(Outcome(RUN, {"wherry": [30.0]}))
    assert line.ratio("wherry") is None
    assert line.met is None


def test_a_row_without_an_aim_has_a_ratio_and_no_verdict() -> None:
    line = line_of(Outcome(Row("create", "create", "ms"), {"dockerd": [8.0], "wherry": [2.0]}))
    assert line.ratio("wherry") == 0.25
    assert line.met is None


def test_a_growth_of_nothing_gives_no_ratio() -> None:
    assert line_of(Outcome(RUN, {"dockerd": [0.0], "wherry": [1.0]})).ratio("wherry") is None


def test_failures_are_told_below_the_table() -> None:
    error = subprocess.CalledProcessError(125, ["docker"], stderr=b"docker: no such image\n")
    text = table([Outcome(RUN, {"dockerd": [100.0]}, {"wherry": describe(error)})])
    assert text.splitlines()[-1] == "FAILED run, wherry: exit 125: docker: no such image"
    assert columns(text, "run --rm")[4:6] == ["–", "–"]


def test_all_lines_of_the_table_have_their_columns_at_one_place() -> None:
    outcomes = [
        Outcome(RUN, {"dockerd": [100.0], "wherry": [3.0]}),
        Outcome(THROUGHPUT, {"dockerd": [1.0], "wherry": [1234.0]}),
    ]
    heading, rule, *lines = table(outcomes).splitlines()
    end = heading.index("wherry") + len("wherry")
    assert {line[:end].split()[-1] for line in lines} == {"3.00", "1234"}
    assert rule[end - 1] == "-"


def test_the_json_holds_facts_samples_and_verdicts() -> None:
    outcome = Outcome(RUN, {"dockerd": [100.0, 200.0], "wherry": [15.0, 15.0]})
    stored = json.loads(json.dumps(document({"kernel": "6.1"}, [outcome])))
    assert stored["facts"] == {"kernel": "6.1"}
    (row,) = stored["rows"]
    assert (row["name"], row["unit"], row["aim"], row["ratio"], row["met"]) == ("run", "ms", 0.2, 0.1, True)
    assert row["contestants"]["dockerd"]["samples"] == [100.0, 200.0]
