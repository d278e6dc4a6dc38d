"""The OAuth door, tested by the letter of its RFCs and by clients of others."""
