"""Quantities are read, rounded and printed as the API server does."""

from __future__ import annotations

import pytest

from ove_capacity.quantity import NANO, Notation, Quantity, QuantityError, cpu_milli, memory_bytes

READ = [
    # text, nano-units, canonical text
    ("64Gi", 64 * 2**30 * NANO, "64Gi"),
    ("1.5Gi", 1536 * 2**20 * NANO, "1536Mi"),
    ("1024Mi", 2**30 * NANO, "1Gi"),
    ("100m", NANO // 10, "100m"),
    ("1000m", NANO, "1"),
    ("1e3", 1000 * NANO, "1e3"),
    ("12E2", 1200 * NANO, "1200"),
    ("1E", 10**18 * NANO, "1E"),
    ("128974848", 128974848 * NANO, "128974848"),
    ("0.1", NANO // 10, "100m"),
    (0.1, NANO // 10, "100m"),
    (2, 2 * NANO, "2"),
    ("1k", 1000 * NANO, "1k"),
    ("1000M", 10**9 * NANO, "1G"),
    ("262391316Ki", 262391316 * 1024 * NANO, "262391316Ki"),
    ("1000Ki", 1000 * 1024 * NANO, "1000Ki"),
    ("0.5Ki", 512 * NANO, "512"),
    ("0.0001Ki", 102_400_000, "102400u"),
    ("0", 0, "0"),
    ("0Gi", 0, "0"),
    ("-500m", -NANO // 2, "-500m"),
    ("+2", 2 * NANO, "2"),
    (".5", NANO // 2, "500m"),
    ("1.", NANO, "1"),
    ("2.3333333333333335", 2333333334, "2333333334n"),
    ("333.3333333333333m", 333333334, "333333334n"),
    ("0.1n", 1, "1n"),
    ("-0.1n", -1, "-1n"),
    ("9999999999E", (2**63 - 1) * NANO, "9223372036854775807"),
]

REFUSED = ["", " 1", "1 ", "1 Gi", "1gi", "1GI", "Gi", ".", "1e", "1e3Gi", "0x10", "1_000", "٣"]
REFUSED += ["1.2.3", "--1", "nan", "inf", "1e1000", "9" * 5000, True, float("nan"), 10**5000]


@pytest.mark.parametrize(("text", "nano", "canonical"), READ)
def test_a_quantity_is_read_exactly_and_printed_canonically(text, nano, canonical):
    quantity = Quantity.parse(text)
    assert quantity.nano == nano
    assert str(quantity) == canonical
    assert Quantity.parse(canonical).nano == nano


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_the_api_server_refuses_is_refused(text):
    with pytest.raises(QuantityError):
        Quantity.parse(text)


@pytest.mark.parametrize(
    ("text", "milli"), [("1", 1000), ("0.0001", 1), ("1500u", 2), ("2333333334n", 2334), ("0", 0)]
)
def test_cpu_rounds_up_to_the_milli(text, milli):
    assert cpu_milli(text) == milli


@pytest.mark.parametrize(
    ("text", "size"), [("1.5Gi", 1610612736), ("0.1", 1), ("1000m", 1), ("1001m", 2), ("1e3", 1000)]
)
def test_memory_rounds_up_to_the_byte(text, size):
    assert memory_bytes(text) == size


def test_a_sum_takes_the_notation_of_what_is_not_zero_first():
    one_gi, one_g = Quantity.parse("1Gi"), Quantity.parse("1G")
    assert (one_gi + one_g).notation is Notation.BINARY
    assert (one_g + one_gi).notation is Notation.DECIMAL
    assert (Quantity(0) + one_gi).notation is Notation.BINARY
    assert str(Quantity.of(252 << 20)) == "264241152"
    assert str(Quantity.of(252 << 20, Notation.BINARY)) == "252Mi"
