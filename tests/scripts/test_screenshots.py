from __future__ import annotations

import pytest

from penstock.scripts.screenshots import COMMANDS, FOLDER, WIDTHS, picture


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_pictures_show_what_the_commands_print(name: str, width: int) -> None:
    shipped = (FOLDER / f"{name}-{width}.svg").read_text("utf-8")
    assert shipped == picture(name, width), "run python -m penstock.scripts.screenshots"
    assert "https://cdn" not in shipped
