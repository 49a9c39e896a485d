"""Events as they come: server-sent events for browsers and programs."""
