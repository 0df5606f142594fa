"""Writes: one file per noun, one function per verb. Each loads documents, asks a rule, saves the Change."""
