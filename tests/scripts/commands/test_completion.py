from __future__ import annotations

import pytest
from cli import ROOT, penstock


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(shell: str) -> None:
    done = penstock("completion", shell)
    assert done.returncode == 0, done.stderr
    assert f"_PENSTOCK_COMPLETE={shell}_complete" in done.stdout


def test_the_readme_explains_completion() -> None:
    assert "penstock completion bash" in (ROOT / "README.md").read_text("utf-8")
