"""The shell's door: `vilt`, for operators and scripts."""
