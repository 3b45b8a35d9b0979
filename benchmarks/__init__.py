"""What is measured, each by one command; the README's figures come from here."""
