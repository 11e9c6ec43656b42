"""Judge a bundle in depth: with intervals, week by week, slice by slice, and for leaks."""
