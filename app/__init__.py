"""The vILT connector. This is the map of the house; open it first.

      LMS          learner, instructor    operator        provider    shell
       │                   │                 │                │         │
  [contract, oauth]  [join, calendar]  [ops, admin, api]   [hooks]    [cli]   doors: parse, check, answer
       └─────────┬─────────┴────────┬────────┴────────────────┴─────────┘
             [services]                    workroom: one function = one deed; it owns the transaction
             │        │
          [db]    [providers/<vendor>]     outer walls: the database │ the vendors
             └───┬────┘
             [domain]                      words: values, rules, errors; imports no tool

`settings` reads the environment, `wiring` builds the parts (`outward`: the ways out, `secret_ring`: the keys)
and carries them in, `main` hangs the HTTP doors; `crowd` is for the moments when many come at once.
Files are subject nouns and carry the same name in every room: follow the word through the house.
Imports point downward only; `import-linter` (pyproject.toml) holds the doors.
"""
