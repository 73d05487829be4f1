"""Who somebody is: users, passwords, tokens and the keys that sign them."""
