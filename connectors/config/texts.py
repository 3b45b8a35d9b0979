"""Small texts of messages, help and tables."""

from __future__ import annotations


def first_sentence(text: str) -> str:
    """The first sentence of the first paragraph, on one line and without its full stop."""
    return " ".join(text.split("\n\n")[0].split()).split(". ")[0].rstrip(".")


def counted(count: int, noun: str) -> str:
    """The number and the noun in its number: `1 record`, `2,000 records`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and `...` where it has more than `most` characters."""
    return text if len(text) <= most else text[: most - 3] + "..."
