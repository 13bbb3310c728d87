"""The way to an address, step by step: name, connection, proxy, TLS; where it ends, why in words."""

import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, unquote, urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

PATIENCE = 4.0  # seconds for each step
DEFAULT_PORTS = {"http": 80, "https": 443}
DAY = 86_400
# https://www.openssl.org/docs/man3.0/man1/openssl-verification-options.html: X509_V_ERR_…
NOT_YET, EXPIRED, SELF_SIGNED, HOST, ADDRESS = 9, 10, 18, 62, 64


class Unreached(Exception):
    """The way ends here."""

    def __init__(self, seen: str, remedy: str) -> None:
        super().__init__(seen)
        self.seen = seen
        self.remedy = remedy


@dataclass(slots=True)
class Way:
    """How far it got; read by others while it goes on."""

    url: str
    proxy: str | None = None
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    doing: str = ""
    times: dict[str, float] = field(default_factory=dict)
    issuer: str = ""
    until: float | None = None  # when the certificate ends, Unix seconds
    skew: float | None = None  # seconds that this machine's clock is ahead of theirs

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self.doing = name
        begin = time.monotonic()
        yield
        self.times[name] = time.monotonic() - begin

    @property
    def told(self) -> str:
        times = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in self.times.items())
        return f"{times}, by proxy {shown(self.proxy)}" if self.proxy else times


def shown(url: str) -> str:
    """Scheme, host and port: no password, and no path, which may be a secret too."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def walk(way: Way, now: float) -> None:
    """Goes as far as a request would, and sends no key. Raises Unreached."""
    target = urlsplit(way.url)
    connection = _connected(way, target)
    if target.scheme == "https" and not (way.proxy and urlsplit(way.proxy).scheme == "https"):
        connection = _secured(way, connection, target)
    with connection:
        if way.proxy is None:
            with suppress(OSError, ValueError, OverflowError):
                way.skew = _skew(connection, target, now)


def _connected(way: Way, target: SplitResult) -> socket.socket:
    hop = urlsplit(way.proxy) if way.proxy else target
    connection = _dialled(way, hop)
    if way.proxy and hop.scheme == "http" and target.scheme == "https":
        try:
            _tunnel(way, connection, hop, target)
        except BaseException:
            connection.close()
            raise
    return connection


def _dialled(way: Way, hop: SplitResult) -> socket.socket:
    host, port = hop.hostname or "", _port(hop)
    who = f"the proxy {host}:{port}" if way.proxy else f"{host}:{port}"
    mend = "check its proxy, PROXY_URL, HTTPS_PROXY and NO_PROXY" if way.proxy else "check api_base_url"
    with way.step("DNS"):
        try:
            places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as unknown:
            seen = f"the name {host} is not known ({unknown.strerror})"
            raise Unreached(seen, f"{mend}; is this machine online?") from None
    failure: OSError = OSError("no address")
    with way.step("TCP"):
        for family, kind, protocol, _, place in places[:3]:
            connection = socket.socket(family, kind, protocol)
            connection.settimeout(PATIENCE / min(3, len(places)))
            try:
                connection.connect(place)
            except OSError as refused:
                connection.close()
                failure = refused
                continue
            connection.settimeout(PATIENCE)
            break
        else:
            raise _undialled(failure, who, mend)
    return connection


def _undialled(failure: OSError, who: str, mend: str) -> Unreached:
    match failure:
        case TimeoutError():
            return Unreached(f"{who} does not answer", f"{mend}; a firewall may be in between")
        case ConnectionRefusedError():
            return Unreached(f"{who} refuses the connection", f"is it running? {mend}")
        case _:
            return Unreached(
                f"{who} cannot be reached ({failure.strerror or failure})", f"{mend}; is this machine online?"
            )


def _tunnel(way: Way, connection: socket.socket, hop: SplitResult, target: SplitResult) -> None:
    place = f"{target.hostname}:{_port(target)}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if hop.username:
        pair = f"{unquote(hop.username)}:{unquote(hop.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}")
    with way.step("proxy"):
        try:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            said = _head(connection).partition("\r\n")[0]
        except OSError:
            raise Unreached(f"the proxy {shown(way.proxy or '')} does not answer", "is it a proxy?") from None
    code = said.split(" ")[1] if said.startswith("HTTP/") and " " in said else ""
    if code.startswith("2"):
        return
    called = f"the proxy {shown(way.proxy or '')}"
    match code:
        case "407":
            raise Unreached(
                f"{called} wants a user and a password", "write them into its URL: http://user:password@host"
            )
        case "":
            raise Unreached(f"{called} does not answer as a proxy does", "check its proxy, PROXY_URL and HTTPS_PROXY")
        case _:
            raise Unreached(f"{called} refuses the way to {place} ({said[:100]})", "have it allowed, or set NO_PROXY")


def _secured(way: Way, connection: socket.socket, target: SplitResult) -> socket.socket:
    host = target.hostname or ""
    with way.step("TLS"):
        try:
            secured = way.trust.wrap_socket(connection, server_hostname=host)
        except ssl.SSLCertVerificationError as refused:
            raise _distrusted(way, refused, target) from None
        except TimeoutError:
            raise Unreached(
                f"{host} takes the connection and says nothing (TLS)", "try again; is it overloaded?"
            ) from None
        except OSError as broken:
            why = getattr(broken, "reason", None) or broken.strerror or "the connection was closed"
            raise Unreached(
                f"TLS with {host} fails ({why})", "is api_base_url https where it should be http?"
            ) from None
    found = secured.getpeercert() or {}
    names = dict(pair for group in found.get("issuer", ()) for pair in group)  # type: ignore[misc]
    way.issuer = str(names.get("organizationName") or names.get("commonName") or "")
    if isinstance(ends := found.get("notAfter"), str):
        way.until = ssl.cert_time_to_seconds(ends)
    return secured


def _distrusted(way: Way, refused: ssl.SSLCertVerificationError, target: SplitResult) -> Unreached:
    host = target.hostname or ""
    found = _unchecked(way, target)
    issuer = f", issued by {_issuer(found)}" if found else ""
    match refused.verify_code:
        case code if code == EXPIRED and found:
            seen = f"the certificate of {host} ended on {found.not_valid_after_utc:%Y-%m-%d}{issuer}"
            return Unreached(seen, "is this machine's clock right? Else its owner must renew it")
        case code if code == NOT_YET and found:
            seen = f"the certificate of {host} begins on {found.not_valid_before_utc:%Y-%m-%d}{issuer}"
            return Unreached(seen, "set this machine's clock")
        case code if code in (HOST, ADDRESS):
            seen = f"the certificate is not for {host}{issuer}"
            return Unreached(seen, "check api_base_url; is a proxy or a login page in between?")
        case code if code == SELF_SIGNED:
            seen = f"the certificate of {host} is signed by itself{issuer}"
            return Unreached(seen, "name a file with it in SSL_CERT_FILE, or use http on your own network")
        case _:
            seen = f"nobody known here vouches for the certificate of {host}{issuer}"
            remedy = "a proxy may open the connection: name a file with its certificate in SSL_CERT_FILE"
            return Unreached(f"{seen} ({refused.verify_message})", remedy)


def _unchecked(way: Way, target: SplitResult) -> x509.Certificate | None:
    """The certificate that was refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with suppress(OSError, ValueError, Unreached):
        plain = _connected(Way(way.url, way.proxy), target)
        with plain, context.wrap_socket(plain, server_hostname=target.hostname) as secured:
            return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    return None


def _issuer(certificate: x509.Certificate) -> str:
    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if found := certificate.issuer.get_attributes_for_oid(kind):
            return str(found[0].value)
    return "nobody named"


def _skew(connection: socket.socket, target: SplitResult, now: float) -> float | None:
    """By the Date that any answer has."""
    begin = time.monotonic()
    host = target.hostname or ""
    connection.sendall(f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    lines = (line.partition(":") for line in _head(connection).split("\r\n"))
    date = next((value.strip() for name, _, value in lines if name.lower() == "date"), None)
    return now + (time.monotonic() - begin) - parsedate_to_datetime(date).timestamp() if date else None


def _head(connection: socket.socket) -> str:
    said = b""
    while b"\r\n\r\n" not in said and len(said) < 16_384:
        if not (more := connection.recv(4096)):
            break
        said += more
    return said.decode("latin-1")


def _port(parts: SplitResult) -> int:
    return parts.port or DEFAULT_PORTS.get(parts.scheme, 80)
