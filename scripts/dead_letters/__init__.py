"""Dead letters after the fact: look at them, count them, send them back."""
