"""Stripe's shapes at the edge: forms in, JSON objects out. Pure functions, no I/O."""
