"""The words: values, rules and errors of training sessions. Imports no tool, does no input or output."""
