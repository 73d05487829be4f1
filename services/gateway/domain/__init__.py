"""What is public. Knows no framework."""
