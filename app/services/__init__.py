"""The workroom: one function is one deed and owns its transaction; none talks to a provider inside one."""
