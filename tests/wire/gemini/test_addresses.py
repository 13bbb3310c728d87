import pytest

from ccr.wire.gemini.addresses import action, models

GOOGLE = "https://generativelanguage.googleapis.com/v1beta/models"
CLOUD = "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1"


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("https://generativelanguage.googleapis.com", GOOGLE),
        ("https://generativelanguage.googleapis.com/v1beta", GOOGLE),
        ("https://generativelanguage.googleapis.com/v1beta/models/", GOOGLE),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", GOOGLE),
        ("https://generativelanguage.googleapis.com/v1beta/openai/chat/completions", GOOGLE),
        (f"{GOOGLE}/gemini-x:generateContent", GOOGLE),
        (f"{GOOGLE}/gemini-x:generateContent?key=k", f"{GOOGLE}?key=k"),
        ("https://generativelanguage.googleapis.com/v1/models", GOOGLE.replace("v1beta", "v1")),
        ("http://localhost:4000/gemini", "http://localhost:4000/gemini/v1beta/models"),
        ("http://localhost:4000/openai", "http://localhost:4000/openai/v1beta/models"),
        (CLOUD, f"{CLOUD}/publishers/google/models"),
        (f"{CLOUD}/endpoints/openapi", f"{CLOUD}/publishers/google/models"),
        (f"{CLOUD}/publishers/google/models/x:predict", f"{CLOUD}/publishers/google/models"),
        ("https://aiplatform.googleapis.com", "https://aiplatform.googleapis.com/v1/publishers/google/models"),
    ],
)
def test_the_folder_of_the_models_is_found_from_what_people_write(url: str, folder: str) -> None:
    assert models(url, vertex=False) == folder
    assert models(folder, vertex=False) == folder


def test_a_proxy_of_vertex_is_known_by_the_setting() -> None:
    assert models("http://proxy.test", vertex=True) == "http://proxy.test/v1/publishers/google/models"


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-x", "gemini-x"),
        ("models/gemini-x", "gemini-x"),
        ("publishers/google/models/gemini-x@001", "gemini-x@001"),
        ("a b/c?d:e", "a%20b%2Fc%3Fd%3Ae"),
    ],
)
def test_a_model_is_one_step_of_the_path(model: str, path: str) -> None:
    assert action(GOOGLE, model, stream=False) == f"{GOOGLE}/{path}:generateContent"


def test_a_stream_is_asked_for_as_events() -> None:
    assert action(GOOGLE, "m", stream=True) == f"{GOOGLE}/m:streamGenerateContent?alt=sse"
    assert action(f"{GOOGLE}?key=k&alt=json", "m", stream=True).endswith("?key=k&alt=sse")
    assert action(f"{GOOGLE}?key=k", "m", stream=False).endswith("/m:generateContent?key=k")
