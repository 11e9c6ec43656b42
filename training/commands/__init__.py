"""The commands of ``python -m training``: one file each, or one for a small family."""
