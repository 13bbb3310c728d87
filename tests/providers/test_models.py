"""What is known of models."""

from ccr.ids import ModelName
from ccr.providers.models import UNKNOWN, model


def test_of_an_unknown_model_nothing_is_known() -> None:
    assert model(ModelName("nobody/has-heard-of-it:free")) is UNKNOWN
