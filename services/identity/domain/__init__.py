"""What a user is. Knows no framework and no database."""
