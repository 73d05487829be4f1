"""The tools themselves: the test runner and the bootstrap."""
