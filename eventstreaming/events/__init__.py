"""What an event is: registry, codec, limits, correlation."""
