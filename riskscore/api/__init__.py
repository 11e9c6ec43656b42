"""Who may ask: one file per resource, the schemas they share, and errors as problem documents."""
