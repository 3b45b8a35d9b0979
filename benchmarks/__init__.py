"""What is measured, each by one command; the README's figures come from here."""

import sys
from pathlib import Path

# The same modules, with the same names, as in the tests.
sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
