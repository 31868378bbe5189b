"""A host of the internet that answers with what a test has it say, over TLS, on this machine."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from console.http.outside_world import World

HOST = "app.example.com"
URL = f"https://{HOST}/client.json"
PUBLIC = "93.184.216.34"
Talk = Callable[[ssl.SSLSocket], None]


def certificate(directory: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for `name`, made now, in a file with its key; and whose trust it is."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=400))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = made.public_bytes(serialization.Encoding.PEM)
    file = directory / f"{name}.pem"
    file.write_bytes(
        written
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return file, ssl.create_default_context(cadata=written.decode())


@dataclass
class Site:
    """What one host of the internet says, and how it was asked. `talk` may be set to anything."""

    trust: ssl.SSLContext
    port: int = 0
    addresses: list[list[str]] = field(
        default_factory=lambda: [[PUBLIC]]
    )  # of each look-up; the last one stays
    answer: bytes = b""
    talk: Talk | None = None
    looked_up: list[str] = field(default_factory=list)
    opened: list[tuple[str, int]] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)
    dead: set[str] = field(default_factory=set)  # addresses that nobody answers at

    @property
    def world(self) -> World:
        return World(self.look_up, self.open_socket, lambda: self.trust)

    def look_up(self, host: str) -> list[str]:
        self.looked_up.append(host)
        return self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]

    def open_socket(self, address: str, port: int, timeout: float) -> socket.socket:
        self.opened.append((address, port))
        if address in self.dead:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def says(self, body: bytes, *headers: str, status: str = "200 OK") -> None:
        """What every request is answered from now on."""
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        if not any(header.lower().startswith("content-type") for header in headers):
            head.append("Content-Type: application/json")
        self.answer = "\r\n".join([*head, "", ""]).encode() + body

    def serve(self, listener: socket.socket, context: ssl.SSLContext) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), plain, context.wrap_socket(plain, server_side=True) as line:
                self.asked.append(line.recv(65536))
                if self.talk is not None:
                    self.talk(line)
                else:
                    line.sendall(self.answer)


@contextmanager
def site(directory: Path, *, name: str = HOST) -> Iterator[Site]:
    """A host that has a certificate for `name`, which is the one that is trusted."""
    file, trust = certificate(directory, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Site(trust, listener.getsockname()[1])
        made.says(b"{}")
        thread = threading.Thread(target=made.serve, args=(listener, context), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.gone.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
