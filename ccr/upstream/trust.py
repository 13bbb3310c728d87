"""Whose certificates are believed: the system's, and those that the environment names."""

import os
import ssl
from collections.abc import Mapping

from ccr.errors import ConfigInvalid

# Users have set one of these for claude, or for other programs, where their network has an authority of its own. OpenSSL
# reads the first two by itself, and says nothing where they lead nowhere.
FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
FOLDERS = "SSL_CERT_DIR"


def trusted(env: Mapping[str, str]) -> ssl.SSLContext:
    """Raises ConfigInvalid where a variable names what cannot be read: each request would fail, without that cause."""
    for name in FILES:
        path = env.get(name, "")
        if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
            # OpenSSL would wait for whoever writes into a pipe.
            raise ConfigInvalid(f"{name}: {path} is a pipe or device; set it to a PEM file, or unset it")
    context = ssl.create_default_context()
    # From Python 3.13 on an authority is refused for a missing extension, which no browser and no claude minds.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    for name in FILES:
        if named := env.get(name):
            _load(context, name, named)
    for folder in filter(None, env.get(FOLDERS, "").split(os.pathsep)):
        if not os.path.isdir(folder):
            raise ConfigInvalid(f"{FOLDERS}: {folder} is no folder; set it to one with certificates, or unset it")
        context.load_verify_locations(capath=folder)
    return context


def _load(context: ssl.SSLContext, name: str, path: str) -> None:
    try:
        if os.path.isdir(path):  # as requests takes it
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise ConfigInvalid(f"{name}: {path} holds no certificates; set it to a PEM file, or unset it") from None
    except OSError as failure:
        raise ConfigInvalid(
            f"{name}: {path} cannot be read ({failure.strerror}); set it to a PEM file, or unset it"
        ) from None
