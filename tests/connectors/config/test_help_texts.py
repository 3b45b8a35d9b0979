from __future__ import annotations

from penstock.connectors.config.help_texts import help_text
from penstock.connectors.config.model import Config


class Base(Config):
    """A model."""

    size: int
    """How large it is.

    In metres."""

    bare: int = 0
    note: str = ""
    """A note."""


class Derived(Base):
    """Another one."""

    note: str = "none"
    """A longer note."""


def test_the_text_is_that_of_the_nearest_class_that_has_one() -> None:
    assert help_text(Base, "size") == help_text(Derived, "size") == "How large it is.\n\nIn metres."
    assert [help_text(model, "note") for model in (Base, Derived)] == ["A note.", "A longer note."]
    assert help_text(Derived, "bare") == help_text(Derived, "no such field") == ""


def test_it_is_in_the_json_schema() -> None:
    keys = Derived.model_json_schema()["properties"]
    assert {key: value.get("description") for key, value in keys.items()} == {
        "size": "How large it is.\n\nIn metres.",
        "bare": None,
        "note": "A longer note.",
    }


def test_a_class_without_a_file_has_no_texts() -> None:
    made: dict[str, type[Config]] = {}
    exec("class Typed(Config):\n    size: int\n    'How large it is.'", {"Config": Config, "__name__": "typed"}, made)
    assert help_text(made["Typed"], "size") == ""
