"""Tests of the five services together, and of what they declare."""
