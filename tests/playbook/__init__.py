"""How the product's playbook behaves on a platform that is there: it changes nothing, and fast."""
