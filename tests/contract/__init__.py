"""What the LMS sees: the contract door, spoken to byte by byte."""
