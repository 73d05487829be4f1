"""Who owns which account, and what it is called."""
