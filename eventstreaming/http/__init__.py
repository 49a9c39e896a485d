"""What programs see: for now, the correlation id of a request."""
