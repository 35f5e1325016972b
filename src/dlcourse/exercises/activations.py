"""The exercises of lesson 03: what stands between the layers."""
