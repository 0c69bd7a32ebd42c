"""Every number that has a name in Python has it in C++ too: the enums are read out of the headers and compared."""

import re
from pathlib import Path

import pytest

import lumina

INCLUDE = Path(lumina.get_include()) / "lumina"


def members(header, enum, prefix):
    """Names and values of an enum in a header, a prefix taken off."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", (INCLUDE / header).read_text(), flags=re.DOTALL)
    body = re.search(rf"enum (?:class )?{enum}\b[^{{]*{{(.*?)}}", text, re.DOTALL).group(1)
    pairs = re.findall(r"(\w+)\s*=\s*(\d+)", body)
    return {name.removeprefix(prefix).upper(): int(value) for name, value in pairs}


CASES = [
    (lumina.EventKind, "strategy/abi.h", "lumina_event_kind", "LUMINA_EV_"),
    (lumina.OrderState, "strategy/abi.h", "lumina_order_state", "LUMINA_"),
    (lumina.OrderAction, "types.hpp", "OrderAction", ""),
    (lumina.FillCause, "types.hpp", "FillCause", ""),
    (lumina.Kind, "types.hpp", "Kind", ""),
    (lumina.Phase, "types.hpp", "Phase", ""),
]


@pytest.mark.parametrize(("enum", "header", "name", "prefix"), CASES, ids=[case[0].__name__ for case in CASES])
def test_the_numbers_are_those_of_the_header(enum, header, name, prefix):
    assert {member.name: member.value for member in enum} == members(header, name, prefix)


def test_reasons_are_those_of_the_header():
    renamed = {"RISK_QTY": "RISK_QUANTITY"}
    wanted = members("strategy/abi.h", "lumina_reason", "LUMINA_REASON_")
    assert {reason.name: reason.value for reason in lumina.Reason} == {
        renamed.get(name, name): value for name, value in wanted.items()
    }


def test_strategies_can_send_the_first_order_types():
    types = members("strategy/abi.h", "lumina_order_type", "LUMINA_")
    assert types == {name: lumina.OrderType[name] for name in types}
