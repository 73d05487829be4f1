"""Rules of this tree, each checked on every file it holds for."""
