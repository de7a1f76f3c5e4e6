import pytest

from ove_capacity.model.plan import Duration
from ove_capacity.sim.draw import draw_ms
from ove_capacity.streams import Streams


def test_a_constant_is_constant():
    assert draw_ms(Duration("constant", 5000), Streams(1)("x")) == 5000


@pytest.mark.parametrize(
    ("distribution", "shape"),
    [("exponential", 1.0), ("lognormal", 0.5), ("weibull", 0.7), ("weibull", 3.0)],
)
def test_the_mean_of_what_is_drawn_is_the_mean_asked_for(distribution, shape):
    rng = Streams(1)(distribution)
    drawn = [draw_ms(Duration(distribution, 100_000, shape), rng) for _ in range(20_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(100_000, rel=0.03)


@pytest.mark.parametrize(
    "duration", [Duration("constant", 0), Duration("weibull", 1, 0.05), Duration("exponential", 1)]
)
def test_a_length_of_time_is_a_whole_number_from_1_on(duration):
    rng = Streams(1)("short")
    drawn = [draw_ms(duration, rng) for _ in range(500)]
    assert all(type(each) is int and 1 <= each < 1 << 63 for each in drawn)
