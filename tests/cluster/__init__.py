"""What a user may expect of a platform that says it is ready. Needs the local cluster."""
