"""Passing requests on."""
