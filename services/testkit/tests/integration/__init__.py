"""Tests of the five services together."""
