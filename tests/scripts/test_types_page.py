from __future__ import annotations

import re

from penstock.connectors.config.types import ALIASES, INTEGERS, NAMES, parse
from penstock.scripts.types_page import ROWS, page


def test_every_type_has_a_row_and_every_row_is_a_type() -> None:
    assert set(ROWS) == set(NAMES)


def test_the_ranges_of_integers_match_the_validation() -> None:
    for name, bits in INTEGERS.items():
        least, most = re.findall(r"-?[0-9,]+", ROWS[name][0])
        assert (int(least.replace(",", "")), int(most.replace(",", ""))) == (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def test_the_replacement_of_each_foreign_type_name_is_a_type() -> None:
    for alias, ours in ALIASES.items():
        assert alias not in NAMES
        parse(ours)
        assert f"| `{alias}` | `{ours}` |" in page()
