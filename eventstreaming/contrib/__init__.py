"""Optional parts, one for each library that they need."""
