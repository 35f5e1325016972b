"""Gives all tests here the box."""

from box_fixtures import box, grade, grader

__all__ = ["box", "grade", "grader"]
