"""Checks of fin.platform as a collection of its own: what somebody gets who installs it."""
