"""The one public door: routes, verifies tokens, bounds sizes and times."""
