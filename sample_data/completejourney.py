"""placeholder"""


def installed():
    return False
