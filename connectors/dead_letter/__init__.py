"""Dead letters: their columns, the sources that produce them, and how to send their records back."""
