"""The API of the administrators' side, for machines."""
