"""Where documents live: one interface, on SQLite or PostgreSQL."""

from tenure.store.errors import AlreadyExists
from tenure.store.open import open_store
from tenure.store.store import Store
from tenure.store.tx import Page, SystemTx, Tx

__all__ = ["AlreadyExists", "Page", "Store", "SystemTx", "Tx", "open_store"]
