"""What we learned: bundles, and how their numbers become probabilities, scores and reasons."""
