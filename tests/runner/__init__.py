"""Runs the stages of `make test` within a time budget and counts their tests."""
