"""Evidence in an S3 bucket: one setting, and everything goes there instead of to the disk.

The bucket is on a server that speaks S3, a process of its own on a free port of this machine.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from habitat_tracker.settings import parse_evidence_storage
from projects.demonstration.removal import _delete_files
from projects.models import Evidence, Result
from tests.api_client import Api
from tests.conftest import stop, wait_until
from tests.private_services import free_port

from .test_entry import Desk

pytestmark = pytest.mark.django_db
PAPER = b"%PDF-1" + bytes(range(256))


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that speaks S3 and holds its buckets in memory."""
    port = free_port()
    log = tmp_path_factory.mktemp("s3") / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=said,
            stderr=subprocess.STDOUT,
        )

    def server_answers() -> bool:
        if process.poll() is not None:
            pytest.fail(log.read_text(), pytrace=False)
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(server_answers, seconds=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


@pytest.fixture
def bucket(
    s3_server: str, settings: Any, monkeypatch: pytest.MonkeyPatch, evidence_folder: Path
) -> Iterator[Any]:
    """An empty bucket, and the product told by its one setting to keep evidence there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    s3 = boto3.resource("s3", endpoint_url=s3_server, region_name="eu-west-1")
    made = s3.create_bucket(
        Bucket="evidence", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    address = f"s3://evidence/kept/here?region_name=eu-west-1&endpoint_url={quote(s3_server)}"
    settings.STORAGES = settings.STORAGES | {"default": parse_evidence_storage(address)}
    yield made
    assert not evidence_folder.exists()
    made.objects.delete()
    made.delete()


@pytest.fixture
def desk(bucket: Any, client: Client) -> Desk:
    return Desk(client)


def paper(name: str = "Minutes.pdf", content_type: str = "application/pdf") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, PAPER, content_type)


def test_a_file_sent_on_the_entry_page_is_in_the_bucket_alone(desk: Desk, bucket: Any) -> None:
    assert desk.send(value="5", file=paper()).status_code == 302
    kept = Evidence.objects.get()
    (stored,) = bucket.objects.all()
    assert stored.key == f"kept/here/{kept.stored.file.name}"
    assert stored.get()["Body"].read() == PAPER
    assert kept.stored.size == len(PAPER)


def test_the_bucket_knows_no_file_as_a_page(desk: Desk, bucket: Any) -> None:
    desk.send(value="5", file=paper(content_type="text/html"))
    (stored,) = bucket.objects.all()
    told = stored.get()
    assert told["ContentType"] == "application/octet-stream"
    assert told["ContentDisposition"] == "attachment"


def test_a_file_of_the_bucket_is_downloaded_with_safe_headers(desk: Desk) -> None:
    desk.send(value="5", file=paper())
    response = desk.client.get(f"/plans/SP/evidence/{Evidence.objects.get().pk}/")
    assert b"".join(response.streaming_content) == PAPER  # type: ignore[attr-defined]
    assert response.headers["Content-Disposition"] == 'attachment; filename="Minutes.pdf"'
    assert response.headers["Content-Length"] == str(len(PAPER))
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_the_api_keeps_and_fetches_files_in_the_bucket(desk: Desk, bucket: Any) -> None:
    desk.send(value="5")
    one = f"plans/SP/results/{Result.objects.get().pk}/"
    api = Api(desk.reporter)
    assert api.upload(f"{one}evidence/", file=paper()).status_code == 201
    (told,) = api.get(one).json()["evidence"]
    assert len(list(bucket.objects.all())) == 1
    fetched = api.client.get(told["file_url"])
    assert b"".join(fetched.streaming_content) == PAPER
    assert fetched.headers["Content-Disposition"].startswith("attachment;")


def test_a_file_that_is_gone_from_the_bucket_is_not_found(desk: Desk, bucket: Any) -> None:
    desk.send(value="5", file=paper())
    kept = Evidence.objects.get()
    bucket.objects.delete()
    page = desk.client.get(f"/plans/SP/evidence/{kept.pk}/")
    api = Api(desk.reporter).get(f"plans/SP/results/{kept.result_id}/evidence/{kept.pk}/file/")
    assert (page.status_code, api.status_code) == (404, 404)


@pytest.mark.django_db(transaction=True)
def test_files_of_a_removed_demonstration_leave_the_bucket(desk: Desk, bucket: Any) -> None:
    desk.send(value="5", file=paper())
    with transaction.atomic():
        _delete_files(desk.plan)
        Evidence.objects.all().delete()
    assert list(bucket.objects.all()) == []
