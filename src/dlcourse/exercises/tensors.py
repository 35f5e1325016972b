"""The exercises of lesson 01: shapes, dtypes, views and products."""
