"""Dead letters: what one holds, where a row came from, and the format that keeps what it cannot decode."""
