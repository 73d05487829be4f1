"""What the tests of the services share: a PostgreSQL of their own, and all five services as real processes."""
