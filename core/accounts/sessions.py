"""Sessions as Django keeps them, read with the version of the client's own fields: most pages ask for both."""

from typing import Any

from django.contrib.sessions.backends.cached_db import SessionStore as CachedSessionStore
from redis.exceptions import RedisError

from core.custom.definitions import VERSION, told


class SessionStore(CachedSessionStore):
    def load(self) -> dict[str, Any]:
        """One question to the cache instead of two; what it does not hold is looked for as Django does."""
        try:
            found = self._cache.get_many([self.cache_key, VERSION])  # type: ignore[attr-defined]
        except RedisError:
            return super().load()
        told(found.get(VERSION))
        kept = found.get(self.cache_key)
        return super().load() if kept is None else kept
