"""Brings what was promoted to where agents read it: the served file, Agno's own versioned configs, the owner's own place.

::

    with Registry(settings.database_url("registry")) as registry:
        publish_owed(registry, settings)
"""

from nightschool.publishing.failures import failures_left
from nightschool.publishing.owed import publish_owed
from nightschool.publishing.publisher import Publisher

__all__ = ["Publisher", "failures_left", "publish_owed"]
