"""The shell, tested as it is used."""
