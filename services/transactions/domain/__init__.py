"""What a payment is and when it may be made. Knows no framework and no database."""
