"""Tests of the Lync simulator, over real HTTPS."""
