"""How hard hypothesis searches: enough in every run, ten times as much with HYPOTHESIS_PROFILE=deep."""

import os

from hypothesis import HealthCheck, settings

CALM = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)

settings.register_profile("quick", deadline=None, suppress_health_check=CALM, derandomize=True, max_examples=100)
settings.register_profile("deep", deadline=None, suppress_health_check=CALM, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
