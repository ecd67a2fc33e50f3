"""The cases that every language runs: test/conformance/cases."""

import json

import pytest

from support.child import REPOSITORY

CASES = REPOSITORY / "test" / "conformance" / "cases"


def cases(name: str) -> list:
    """:returns: parameters `given` and `expect`"""
    found = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case["input"], case["expect"], id=case["name"]) for case in found]
