"""What survives: a playbook that is killed, a node that is lost, a hundred customers at once."""
