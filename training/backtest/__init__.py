"""A model against the rules in use, on a prospect's own events, before the first day."""
