"""Parts of a product file, to be put together: whatever the tests of whole models are fitted on."""

HEAD = """
product = "registrations"
title   = "Registrations"
version = 1

[entities.document]
doc = "Number of the document."
"""
SIMS = """
[[feature]]
name = "sims"
kind = "integer"
low = 0
high = 100
"""
LIVENESS = """
[[feature]]
name = "liveness"
kind = "number"
low = 0.0
high = 1.0
missing = true
"""
RECIPE = """
[training]
rounds = 40
patience = 10
eta = 0.2
depth = 3
"""
