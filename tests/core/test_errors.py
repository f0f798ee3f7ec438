"""Errors travel between processes as they are."""

import pickle

from core.errors import BadOptionError, NotEnoughDataError


def test_an_error_survives_a_pickle():
    error = BadOptionError("No product {product}.", product="Tea {blue}")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is BadOptionError
    assert str(back) == str(error) == "No product Tea {blue}."
    assert (back.text, back.values) == (error.text, error.values)


def test_a_sentence_without_values_survives_too():
    assert str(pickle.loads(pickle.dumps(NotEnoughDataError("Too few orders.")))) == (
        "Too few orders."
    )
