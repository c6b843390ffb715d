"""What many samples say."""

import pytest
from benchmarks.race import rotated
from benchmarks.summary import percentile, summarize


def test_the_median_of_an_even_number_lies_between_the_middle_two() -> None:
    assert summarize([4.0, 1.0, 2.0, 3.0]).median == 2.5


def test_one_outlier_moves_the_slow_end_and_not_the_median() -> None:
    summary = summarize([10.0] * 19 + [1000.0])
    assert summary.median == 10.0
    assert summary.p95 > 10.0
    assert summary.count == 20


@pytest.mark.parametrize(
    ("samples", "percent", "expected"),
    [
        ([7.0], 95, 7.0),
        ([1.0, 2.0], 95, 1.95),
        ([3.0, 1.0, 2.0], 50, 2.0),
        (list(map(float, range(101))), 95, 95.0),
        ([1.0, 2.0, 3.0], 100, 3.0),
        ([1.0, 2.0, 3.0], 0, 1.0),
    ],
)
def test_percentiles_are_interpolated(samples: list[float], percent: float, expected: float) -> None:
    assert percentile(samples, percent) == pytest.approx(expected)


def test_no_samples_are_no_summary() -> None:
    with pytest.raises(ValueError, match="no samples"):
        summarize([])


def test_every_contestant_is_first_equally_often_and_none_is_left_out() -> None:
    orders = [rotated(["a", "b", "c"], number) for number in range(6)]
    assert sorted(order[0] for order in orders) == ["a", "a", "b", "b", "c", "c"]
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)
    assert rotated([], 3) == []
