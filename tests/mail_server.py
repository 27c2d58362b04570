"""A mail server on this machine, in as much SMTP as the product speaks."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Self

import dj_email_url
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# Who may send through a server that asks, as it stands in an address.
SIGN_IN = "habitat:a%40secret"
_SIGNED_IN = base64.b64encode(b"\0habitat\0a@secret")


class MailServer(socketserver.ThreadingTCPServer):
    """Refuses some addresses, some of the time; with a certificate, asks for TLS and a sign-in."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.tls = tls
        self.taken: list[bytes] = []
        self.signed_in: list[bytes] = []
        self.refused: set[str] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @contextmanager
    def running(self) -> Iterator[Self]:
        """The server at work, in a thread of its own."""
        thread = threading.Thread(target=self.serve_forever, daemon=True)
        thread.start()
        yield self
        self.shutdown()
        self.server_close()
        thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: MailServer

    def handle(self) -> None:
        """Answer line by line."""
        self.is_private = self.knows = self.server.tls is None
        self.say(b"220 here")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                return self.say(b"221 bye")
            if verb == b"STAR" and self.server.tls:
                self.encrypt(self.server.tls)
            else:
                self.say(self.answer(verb, line))
        return None

    def answer(self, verb: bytes, line: bytes) -> bytes:
        """What a line gets."""
        if verb == b"EHLO":
            if not self.server.tls:
                return b"250 ok"
            return b"250-here\r\n250 " + (b"AUTH PLAIN" if self.is_private else b"STARTTLS")
        if verb == b"AUTH":
            self.server.signed_in.append(line)
            self.knows = self.is_private and line.split()[-1] == _SIGNED_IN
            return b"235 welcome" if self.knows else b"535 no"
        if verb == b"MAIL" and not self.knows:
            return b"530 sign in first"
        if verb == b"RCPT" and any(one.encode() in line for one in self.server.refused):
            return b"450 try later"
        if verb == b"DATA":
            self.say(b"354 go on")
            self.server.taken.append(b"".join(iter(self.rfile.readline, b".\r\n")))
        return b"250 ok"

    def encrypt(self, tls: ssl.SSLContext) -> None:
        """Go on over TLS."""
        self.say(b"220 go ahead")
        self.connection = tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]
        self.is_private = True

    def say(self, line: bytes) -> None:
        """One answer."""
        self.wfile.write(line + b"\r\n")


def certificate(folder: Path) -> Path:
    """A certificate of this machine that it signed itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    here = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def send_through(settings: Any, address: str) -> None:
    """Send e-mails as `EMAIL_URL` says."""
    for name, value in dj_email_url.parse(address).items():
        if name not in ("EMAIL_FILE_PATH", "EMAIL_TIMEOUT"):
            setattr(settings, name, value)
