"""Frozen maps: hashable, equal to plain mappings, and the same in another process."""

from __future__ import annotations

import pickle

import pytest

from ove_capacity.model.frozen import FrozenMap
from ove_capacity.model.virtualization import KubeVirt
from ove_capacity.model.vm import Vmi, VmiSpec


def test_a_frozen_map_equals_and_hashes_by_its_entries():
    one, two = FrozenMap({"a": 1, "b": 2}), FrozenMap({"b": 2, "a": 1})
    assert one == two == {"a": 1, "b": 2}
    assert hash(one) == hash(two)
    assert one != {"a": 1}
    assert list(one) == ["a", "b"]


def test_a_frozen_map_does_not_change_with_what_it_was_made_from():
    source = {"a": 1}
    frozen = FrozenMap(source)
    source["a"] = 2
    assert frozen["a"] == 1
    with pytest.raises(TypeError):
        frozen["a"] = 3


def test_nouns_survive_pickling():
    frozen = FrozenMap({"a": 1})
    hash(frozen)
    assert b"_hash" not in pickle.dumps(frozen)
    vmi = Vmi("v", spec=VmiSpec(node_selector={"a": "b"}), labels={"c": "d"})
    kubevirt = KubeVirt(namespaces={"n": {"a": "b"}})
    for noun in (vmi, kubevirt, frozen):
        copy = pickle.loads(pickle.dumps(noun))
        assert copy == noun
        assert hash(copy) == hash(noun)
