"""Papers as PDF: invoices, receipts and credit notes, set by typst with the fonts that it brings."""
