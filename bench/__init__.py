"""What is measured, each by one command that anyone can run."""
