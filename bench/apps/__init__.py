"""Flask applications to measure against, served as ours is."""
