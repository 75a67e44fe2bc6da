"""Django's Redis cache, where emptying it empties the part of the active client only."""

from django.core.cache.backends.redis import RedisCache

from tenants.connection import connection


class ClientRedisCache(RedisCache):
    """Keys begin with the schema (KEY_FUNCTION of the settings)."""

    def clear(self) -> None:
        client = self._cache.get_client(write=True)
        for key in client.scan_iter(match=f"{connection.schema_name}:*", count=1000):
            client.delete(key)
