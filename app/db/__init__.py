"""The database: tables, one file of queries per subject, and encryption at rest.

Only `services` open a transaction; functions here take `tx` first and give frozen dataclasses back.
"""
