"""The model card: every figure as JSON, and a page to read, made of nothing else."""
