import pytest

from ove_capacity.cli.main import main


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("compiled", "kernels are compiled\n"),
        ("plain", "kernels run plain, as OVE_CAPACITY_KERNELS says\n"),
    ],
)
def test_it_says_what_it_did(wanted, said, monkeypatch, capsys):
    monkeypatch.setenv("OVE_CAPACITY_KERNELS", wanted)
    assert main(["compile"]) == 0
    assert capsys.readouterr().out == said
