from ove_capacity.streams import Streams


def draws(streams, *path):
    return list(streams(*path).integers(0, 1 << 30, 5))


def test_the_same_seed_and_path_give_the_same_numbers():
    assert draws(Streams(7), "node-loss", "w1") == draws(Streams(7), "node-loss", "w1")


def test_another_seed_or_another_path_gives_other_numbers():
    paths = [("a", "bc"), ("ab", "c"), ("abc",), ("a", "b", "c"), ("1",), (1,)]
    keys = [Streams(seed).key(*path) for seed in (0, 1, 11) for path in paths]
    assert len(set(keys)) == len(keys)


def test_numbers_are_the_same_in_every_process_and_release():
    assert Streams(7).key("kube.tie", "production") == 245760292669677318116441511698702064799
