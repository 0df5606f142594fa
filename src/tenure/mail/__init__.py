"""Mails: what a letter says, how it looks, and how it reaches a mail server; knows nothing of invoices or plans."""
