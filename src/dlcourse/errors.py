"""The course's own errors: each one says in a line "what is wrong: what to do about it"."""


class CourseError(Exception):
    """Something that the learner can fix; the command line prints it without a traceback."""


class DataError(CourseError):
    """A data file is missing or damaged and could not be restored from its original."""


class DeviceError(CourseError):
    """The device that was asked for is unknown or not in this machine."""
