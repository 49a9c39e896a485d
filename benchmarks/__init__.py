"""Measures eventstreaming beside raw psycopg and other libraries: `make bench`."""
