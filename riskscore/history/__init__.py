"""What happened before: windows over earlier applications and outcomes, online and offline."""
