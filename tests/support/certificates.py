"""Certificates made for a test, and a server that shows one."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shown:
    chain: Path  # the certificate and its key
    trusted: Path  # the issuer's


def certificate(
    folder: Path, *, begins: int = -1, ends: int = 90, host: str = "127.0.0.1", by_itself: bool = False
) -> Shown:
    """Days from now; issued by "Test Issuer" or by itself."""
    issuer_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)

    def made(
        subject: str, issuer: str, public: ec.EllipticCurvePublicKey, signer: ec.EllipticCurvePrivateKey, *, ca: bool
    ) -> bytes:
        built = (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named(issuer))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + (begins * DAY if not ca else -400 * DAY))
            .not_valid_after(now + (ends * DAY if not ca else 400 * DAY))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        return built.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    trusted, chain = folder / "issuer.pem", folder / "server.pem"
    trusted.write_bytes(made("Test Issuer", "Test Issuer", issuer_key.public_key(), issuer_key, ca=True))
    signer, issuer = (key, "Myself") if by_itself else (issuer_key, "Test Issuer")
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain.write_bytes(
        made(issuer if by_itself else "Server", issuer, key.public_key(), signer, ca=False) + key.private_bytes(*plain)
    )
    return Shown(chain, trusted)


def named(organization: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)])


@contextlib.contextmanager
def tls_server(shown: Shown, date: str = "") -> Iterator[int]:
    """Answers every request with a head that has this Date."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.chain)
    head = f"HTTP/1.1 404 Not Found\r\n{f'Date: {date}' if date else 'X: y'}\r\nContent-Length: 0\r\n\r\n".encode()

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), plain, context.wrap_socket(plain, server_side=True) as secured:
                secured.recv(4096)
                secured.sendall(head)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
