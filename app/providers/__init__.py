"""The vendors: one folder each, found by their folder. Nothing outside a vendor's folder speaks its name."""
