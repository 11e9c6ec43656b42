"""The gate: what a challenger must keep to replace a champion, and the step itself."""
