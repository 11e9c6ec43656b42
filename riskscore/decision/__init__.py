"""What we say: the answer to one application, and to a whole portfolio."""
