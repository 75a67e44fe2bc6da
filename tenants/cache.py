"""Django's Redis cache, where emptying it empties the part of the active client only."""

from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from tenants.connection import connection


class _Client(RedisCacheClient):
    """Django's, which makes a redis.Redis for each question: that took longer than the answer."""

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        pool: Any = self._get_connection_pool(write)  # type: ignore[attr-defined]
        client = pool.__dict__.get("_client")
        if client is None:
            client = pool._client = super().get_client(key, write=write)
        return client


class ClientRedisCache(RedisCache):
    """Keys begin with the schema (KEY_FUNCTION of the settings)."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client

    def clear(self) -> None:
        client = self._cache.get_client(write=True)
        for key in client.scan_iter(match=f"{connection.schema_name}:*", count=1000):
            client.delete(key)
