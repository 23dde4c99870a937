"""The rules, compiled: one module for each of the readable engine's, with the same names for the same rules."""
