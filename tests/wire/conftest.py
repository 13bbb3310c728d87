"""How hard hypothesis tries: the same few examples each time; `pytest tests/wire --hypothesis-profile=long` looks further."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick",
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", settings.get_profile("quick"), max_examples=3000, derandomize=False)
if settings.get_current_profile_name() != "long":
    settings.load_profile("quick")
