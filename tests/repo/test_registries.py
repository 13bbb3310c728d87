"""No file says where packages come from: that is the business of whoever installs."""

from tests.repo.files import ROOT, tracked

# Put together here, so that this file does not name them either.
HOSTS = [b".".join(parts) for parts in ((b"registry", b"npmjs", b"org"), (b"pypi", b"org"), (b"pythonhosted", b"org"))]
OPTIONS = [b"-".join(parts) for parts in ((b"--index", b"url"), (b"--extra", b"index", b"url"))]


def test_no_file_names_a_registry() -> None:
    found = []
    for path in tracked():
        text = (ROOT / path).read_bytes()
        found += [f"{path}: {word.decode()}" for word in HOSTS + OPTIONS if word in text]
    assert found == []
