"""Holds every request against botocore's model of its operation, as AWS does before it looks at what is asked.

routes finds the operation, shapes makes the checks of a shape, wire reads the three kinds of request, errors gives what
is wrong the form in which a service says it. moto itself ignores what it does not know and takes almost any value.
"""
