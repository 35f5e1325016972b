"""The exercises of lesson 05: training and measuring."""
