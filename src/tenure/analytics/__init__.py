"""Reads: SQL in the Trino dialect over the account's own data, answered by DuckDB over Parquet.

store ──warehouse──▶ <dir>/<account>/<mode>/*.parquet + manifest.json
                                    │
SQL ──sandbox: one locked process── guard ──▶ transpile ──▶ DuckDB ──▶ Result ──▶ charts, exports
"""
