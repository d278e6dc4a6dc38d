"""Tests of the protocol simulators."""
