"""Real-time risk scores, with reasons, for SIM registrations and mule accounts."""
