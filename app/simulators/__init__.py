"""Protocol simulators that ship with the product: one folder per vendor, none shares code with an adapter."""
