from tests.unit.registry.conftest import registry, url

__all__ = ["registry", "url"]
