"""What the build of the brand pack complains with."""


class BrandError(Exception):
    """What is wrong, with the file (and the field) that it is in."""
