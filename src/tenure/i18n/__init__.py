"""Languages: which ones there are, their texts, and how they write money, dates and periods."""
