"""Lets a bare `pytest` run the lessons in notebooks/ as well as the tests in tests/."""

pytest_plugins = ["notebook_plugin"]
