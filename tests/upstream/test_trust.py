import os
from pathlib import Path

import pytest

from ccr.errors import ConfigInvalid
from ccr.upstream.trust import trusted
from tests.support.certificates import certificate

FILES = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"]


def names(env: dict[str, str]) -> set[str]:
    return {str(found) for found in trusted(env).get_ca_certs()}


@pytest.mark.parametrize("name", FILES)
def test_an_authority_of_ones_own_is_believed_beside_the_systems(name: str, tmp_path: Path) -> None:
    issuer = certificate(tmp_path).trusted
    found = names({name: str(issuer)})
    assert any("Test Issuer" in each for each in found)
    assert found >= names({})


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_there_is_said_at_the_start(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=f"{name}: .*gone.pem cannot be read .*No such file"):
        trusted({name: str(tmp_path / "gone.pem")})


def test_a_file_without_certificates_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("hello")
    with pytest.raises(ConfigInvalid, match=r"NODE_EXTRA_CA_CERTS: .*x\.pem holds no certificates"):
        trusted({"NODE_EXTRA_CA_CERTS": str(tmp_path / "x.pem")})


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_is_not_waited_for(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    monkeypatch.setenv(name, str(pipe))  # where OpenSSL looks by itself
    with pytest.raises(ConfigInvalid, match=f"{name}: .* is a pipe or device; set it to a PEM file"):
        trusted({name: str(pipe)})


def test_folders_are_believed_too(tmp_path: Path) -> None:
    assert trusted({"SSL_CERT_DIR": f"{tmp_path}:{tmp_path}", "REQUESTS_CA_BUNDLE": str(tmp_path)})
    with pytest.raises(ConfigInvalid, match="SSL_CERT_DIR: /nowhere is no folder"):
        trusted({"SSL_CERT_DIR": f"{tmp_path}:/nowhere"})
