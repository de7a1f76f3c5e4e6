import pytest

from ove_capacity.simtime import LONGEST_MS, format_duration, parse_duration, rough_duration


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("10m", 600_000),
        ("24h0m0s", 86_400_000),
        ("60s", 60_000),
        ("2d4h", 187_200_000),
        ("1.5h", 5_400_000),
        ("1h.5m", 3_630_000),
        ("0.1s", 100),
        ("0", 0),
        ("+1ms", 1),
        ("1000us", 1),
        (" 5m ", 300_000),
    ],
)
def test_durations_are_read_as_go_reads_them_and_days_too(text, ms):
    assert parse_duration(text) == ms


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("-5m", "is negative"),
        ("5", "a unit is missing"),
        ("", "not a duration"),
        ("1h 5m", "not a duration"),
        ("5M", "not a duration"),
        ("1us", "no whole number of milliseconds"),
        ("300y", "not a duration"),
        ("9999999h", "longer than 292 years"),
        ("9" * 10_000 + "h", "not a duration"),
        ("٣m", "not a duration"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence) as refusal:
        parse_duration(text)
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize("ms", [0, 1, 999, 1000, 61_001, 86_400_000, 187_200_000, LONGEST_MS])
def test_what_is_shown_is_read_back(ms):
    assert parse_duration(format_duration(ms)) == ms


@pytest.mark.parametrize(("ms", "text"), [(0, "0s"), (90_500, "1m30s500ms"), (-60_000, "-1m")])
def test_durations_are_shown_short(ms, text):
    assert format_duration(ms) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0s"),
        (400, "400ms"),
        (60_400, "1m"),
        (3_600_000 + 59_000, "1h"),
        (86_400_000 + 58 * 60_000, "1d58m"),
        (187_200_000 + 61_000, "2d4h"),
    ],
)
def test_durations_for_people_have_two_units(ms, text):
    assert rough_duration(ms) == text
