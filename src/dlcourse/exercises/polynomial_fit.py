"""The exercises of lesson 04: fits by gradient descent."""
