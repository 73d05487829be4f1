"""What a statement is. Knows no framework."""
