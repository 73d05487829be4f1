"""What an account is. Knows no framework and no database."""
