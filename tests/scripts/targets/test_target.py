from __future__ import annotations

import pytest

from penstock.connectors.config.problems import RunError
from penstock.scripts.targets import TARGETS
from penstock.scripts.targets.session import SessionTarget
from penstock.scripts.targets.target import Target

WITHOUT_REST = sorted(name for name, kind in TARGETS.items() if not issubclass(kind, SessionTarget))


def test_there_are_targets_with_and_without_a_rest_address() -> None:
    assert (WITHOUT_REST, set(TARGETS) - set(WITHOUT_REST)) == (["kubernetes", "local", "yarn"], {"docker", "session"})


@pytest.mark.parametrize("name", WITHOUT_REST)
def test_a_target_without_a_rest_address_names_the_tools_to_use_instead(name: str) -> None:
    target: Target = TARGETS[name].model_construct()
    with pytest.raises(RunError) as caught:
        target.session("mine")
    assert TARGETS[name].instead
    assert str(caught.value) == (
        "the target mine has no REST address through which Penstock can operate its jobs\n"
        "  allowed  a session or docker target\n"
        f"  do       {TARGETS[name].instead}"
    )
    assert not target.same_machine
