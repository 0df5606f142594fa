"""DOOR: the clock. What happens by itself: webhooks, periods that end, test clocks, a fresh warehouse, cleaning."""
