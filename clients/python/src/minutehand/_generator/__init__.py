"""A generator: computes one signal a minute, and serves it."""
