"""An S3-compatible store, in France. The interface is that of `storage.Storage`."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils.translation import gettext as _

from backups import residency
from backups.storage import BLOCK, Stored

_IN_MEMORY = 8 * BLOCK  # a larger object waits on disk until it is whole: closed already, like all that is stored


class S3Storage:
    """One bucket, path-style addresses. Each object is read again after it was written."""

    def __init__(self, *, endpoint: str, region: str, bucket: str, key: str, secret: str, check: Any = None) -> None:
        self.bucket, self.region = bucket, region
        self._check = check or residency.check
        self._check(endpoint, region)
        config = Config(
            region_name=region,
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            # Providers other than Amazon refuse the newer checksums; ours are compared after reading again.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"max_attempts": 4, "mode": "standard"},
            connect_timeout=10,
            read_timeout=60,
        )
        self._client = boto3.client(
            "s3", endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret, config=config
        )
        # Before each request leaves, redirects and retries included: a provider may answer "elsewhere".
        self._client.meta.events.register("before-send.s3", self._before_send)

    def put(self, key: str, blocks: Iterable[bytes]) -> Stored:
        digest, size = hashlib.sha256(), 0
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as whole:
            for block in blocks:
                whole.write(block)
                digest.update(block)
                size += len(block)
            whole.seek(0)
            with _as_os_error():
                self._client.upload_fileobj(whole, self.bucket, key)
        stored = Stored(key, size, digest.hexdigest())
        self._prove(stored)
        return stored

    def _prove(self, stored: Stored) -> None:
        """What a provider says it stored proves nothing: what comes back does."""
        digest, size = hashlib.sha256(), 0
        for block in self.open(stored.key):
            digest.update(block)
            size += len(block)
        if (digest.hexdigest(), size) != (stored.sha256, stored.size):
            self.delete(stored.key)
            raise OSError(_("ce qui a été relu de « %(key)s » n’est pas ce qui a été écrit") % {"key": stored.key})

    def open(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        if length == 0:
            return
        wanted = {"Range": f"bytes={start}-{'' if length is None else start + length - 1}"} if start or length else {}
        with _as_os_error(key):
            body = self._client.get_object(Bucket=self.bucket, Key=key, **wanted)["Body"]
            while block := body.read(BLOCK):
                yield block

    def exists(self, key: str) -> bool:
        with _as_os_error():
            try:
                self._client.head_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                    return False
                raise
        return True

    def list(self, prefix: str) -> Iterator[str]:
        """Keys of a folder: "clients/a" does not name those of "clients/ab"."""
        with _as_os_error():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{prefix}/")
            for page in pages:
                for found in page.get("Contents", ()):
                    yield found["Key"]

    def delete(self, key: str) -> None:
        with _as_os_error():
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def sweep(self, prefix: str) -> None:
        """Uploads that a killed worker left: they show in no list, and are paid for."""
        with _as_os_error():
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self.bucket, Prefix=f"{prefix}/"
            )
            for page in pages:
                for left in page.get("Uploads", ()):
                    self._client.abort_multipart_upload(Bucket=self.bucket, Key=left["Key"], UploadId=left["UploadId"])

    def _before_send(self, request: Any, **_kwargs: Any) -> None:
        self._check(request.url, self.region)


@contextmanager
def _as_os_error(key: str = "") -> Iterator[None]:
    """What the library raises, as the interface promises: OSError; FileNotFoundError for an unknown key."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("404", "NoSuchKey", "NotFound"):
            raise FileNotFoundError(key) from error
        raise OSError(f"S3 : {code}") from error
    except (BotoCoreError, boto3.exceptions.Boto3Error) as error:
        raise OSError(f"S3 : {error}") from error
