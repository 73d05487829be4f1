"""What is left on the machine after the platform is gone: nothing."""
