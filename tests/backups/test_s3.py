"""A bucket in France: the interface of the folder, proven against an S3 server behind a proxy that lies and cuts."""

import hashlib
import http.client
import http.server
import threading

import pytest

from backups import residency
from backups.residency import Abroad
from backups.s3 import S3Storage


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes on what it is asked; `faults` says what it does wrong, `seen` what was asked."""

    protocol_version = "HTTP/1.1"
    faults, seen, server_port_behind = [], [], 0

    def log_message(self, *args):
        pass

    def _pass(self):
        type(self).seen.append((self.command, self.path.split("?")[0]))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.faults[0](self.command) if self.faults else None
        if fault:
            self.faults.pop(0)
        if fault == "503":
            return self._answer(503, {}, b"")
        if fault == "flip" and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        behind = http.client.HTTPConnection("127.0.0.1", self.server_port_behind, timeout=20)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        behind.request(self.command, self.path, body, headers)
        got = behind.getresponse()
        content = got.read()
        if fault == "elsewhere":
            return self._answer(307, {"Location": "https://s3.us-east-1.amazonaws.com/backups"}, b"")
        if fault == "cut":
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
            return None
        return self._answer(got.status, dict(got.getheaders()), content)

    def _answer(self, status, headers, content):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "server", "date"):
                self.send_header(name, value)
        size = headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", size or str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass


@pytest.fixture(scope="module")
def proxy():
    from moto.server import ThreadedMotoServer

    s3 = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    s3.start()
    Proxy.server_port_behind = s3.get_host_and_port()[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    s3.stop()


def anywhere(url, region):
    """The tests' server is not in France; test_residency has the real check."""


@pytest.fixture
def bucket(proxy):
    Proxy.faults, Proxy.seen = [], []
    store = S3Storage(
        endpoint=f"http://127.0.0.1:{proxy}", region="fr-par", bucket="backups", key="k", secret="s", check=anywhere
    )
    store._client.create_bucket(Bucket="backups", CreateBucketConfiguration={"LocationConstraint": "fr-par"})
    yield store
    for key in list(store.list("")):
        store.delete(key)
    for key in ("clients/a/1/x", "clients/ab/1/x", "clients/a/1/big"):
        store.delete(key)
    store._client.delete_bucket(Bucket="backups")


def on(method, fault):
    return lambda command: fault if command == method else None


def test_it_keeps_what_it_is_given_as_the_folder_does(bucket):
    content = bytes(range(256)) * 4000
    stored = bucket.put("clients/a/1/x", [content[:7], content[7:]])
    assert (stored.size, stored.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert b"".join(bucket.open("clients/a/1/x")) == content
    assert b"".join(bucket.open("clients/a/1/x", 100, 50)) == content[100:150]
    assert b"".join(bucket.open("clients/a/1/x", len(content) - 3)) == content[-3:]
    assert bucket.exists("clients/a/1/x")
    assert not bucket.exists("clients/a/1")
    bucket.put("clients/ab/1/x", [b"other"])
    assert list(bucket.list("clients/a")) == ["clients/a/1/x"]
    with pytest.raises(FileNotFoundError):
        b"".join(bucket.open("clients/a/2/x"))
    bucket.delete("clients/a/1/x")
    bucket.delete("clients/a/1/x")
    assert not bucket.exists("clients/a/1/x")


def test_an_object_in_parts_and_those_that_a_dead_worker_left(bucket):
    content = bytes(20_000_000)
    assert bucket.put("clients/a/1/big", [content]).size == len(content)
    bucket._client.create_multipart_upload(Bucket="backups", Key="clients/a/2/left")
    bucket.sweep("clients/a")
    assert "Uploads" not in bucket._client.list_multipart_uploads(Bucket="backups")


def test_a_bit_that_flips_on_the_way_is_seen_and_nothing_is_left(bucket):
    Proxy.faults[:] = [on("PUT", "flip")]
    with pytest.raises(OSError, match=r"n’est pas ce qui a été écrit|S3"):
        bucket.put("clients/a/1/x", [b"content" * 100])
    assert not bucket.exists("clients/a/1/x")


def test_an_answer_that_is_cut_is_no_content(bucket):
    bucket.put("clients/a/1/x", [b"content" * 100_000])
    Proxy.faults[:] = [on("GET", "cut")]
    with pytest.raises(OSError, match="S3"):
        b"".join(bucket.open("clients/a/1/x"))


def test_a_busy_provider_is_asked_again(bucket):
    Proxy.faults[:] = [on("PUT", "503")]
    assert bucket.put("clients/a/1/x", [b"content"]).size == 7
    assert [command for command, _path in Proxy.seen].count("PUT") >= 2


def test_each_request_is_checked_before_it_leaves(proxy, bucket):
    asked = []
    store = S3Storage(
        endpoint=f"http://127.0.0.1:{proxy}", region="fr-par", bucket="backups", key="k", secret="s",
        check=lambda url, region: asked.append(url),
    )  # fmt: skip
    store.put("clients/a/1/x", [b"content"])

    def refuse(url, region):
        raise Abroad("no")

    store._check = refuse
    Proxy.seen.clear()
    with pytest.raises(Abroad):
        store.put("clients/a/1/x", [b"content"])
    with pytest.raises(Abroad):
        store.exists("clients/a/1/x")
    assert Proxy.seen == []
    assert len(asked) >= 3  # on being made, writing, reading again


@pytest.mark.parametrize("region", sorted(residency.ALLOWED))
def test_places_in_france_are_allowed(region):
    host = residency.ALLOWED[region]
    for url in (f"https://{host}", f"https://{host}/backups/clients/a?x=1", f"https://{host}:443/"):
        residency.check(url, region)


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://s3.fr-par.scw.cloud", "nl-ams"),
        ("https://s3.nl-ams.scw.cloud", "fr-par"),
        ("https://s3.nl-ams.scw.cloud", "nl-ams"),
        ("http://s3.fr-par.scw.cloud", "fr-par"),
        ("https://s3.fr-par.scw.cloud:8443/", "fr-par"),
        ("https://s3.fr-par.scw.cloud.example.com/", "fr-par"),
        ("https://s3-fr-par.scw.cloud/", "fr-par"),
        ("https://s3.fr-par.scw.cloud@example.com/", "fr-par"),
        ("https://key@s3.fr-par.scw.cloud/", "fr-par"),
        ("https://s3.fr-par.scw.cloud:x/", "fr-par"),
        ("https://bucket.s3.fr-par.scw.cloud/", "fr-par"),
        ("https://xn--s3-fr-par.scw.cloud/", "fr-par"),
        ("https://s3.gra.io.cloud.ovh.net/", "fr-par"),
        ("//s3.fr-par.scw.cloud/", "fr-par"),
        ("", "fr-par"),
    ],
)
def test_any_other_place_is_refused(url, region):
    with pytest.raises(Abroad, match="hors de la liste"):
        residency.check(url, region)
    with pytest.raises(Abroad):
        S3Storage(endpoint=url, region=region, bucket="b", key="k", secret="s")
