"""The numbers in Python are those of the headers."""

import re
from pathlib import Path

import pytest

import lumina


@pytest.mark.parametrize("name", ["Kind", "Flag", "Phase"])
def test_enumerations_are_those_of_types_hpp(name):
    text = (Path(lumina.get_include()) / "lumina" / "types.hpp").read_text()
    body = re.search(rf"enum (?:class )?{name}\b[^{{]*{{(.*?)}};", text, re.DOTALL)[1]
    found = {key: int(value) for key, value in re.findall(r"\b(\w+) = (\d+)", body)}
    python = {member.name: int(member) for member in getattr(lumina, name)}
    assert {re.sub(r"^k(?=[A-Z])", "", key).replace("_", "").upper(): value for key, value in found.items()} == {
        key.replace("_", ""): value for key, value in python.items()
    }


def test_sides_are_those_of_the_abi():
    text = (Path(lumina.get_include()) / "lumina" / "strategy" / "abi.h").read_text()
    found = dict(re.findall(r"LUMINA_(BUY|SELL|NONE) = (\d)", text))
    assert {key: int(value) for key, value in found.items()} == {member.name: int(member) for member in lumina.Side}
