"""The exercises of lesson 00: what a network knows, and how sure it is."""
