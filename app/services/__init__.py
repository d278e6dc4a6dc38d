"""The workroom: one function is one deed, and it owns the transaction. No deed talks to a provider inside one."""
