"""The operator's door: is it alive, is it ready, how is it doing, and how is it spoken to."""
