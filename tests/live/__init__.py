"""How the tests look at a running platform: as a cluster administrator, as a person with a role, as a customer."""
