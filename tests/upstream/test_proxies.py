import pytest

from ccr.upstream.failures import ProxyUnusable
from ccr.upstream.proxies import named, proxies

URL = "https://api.example.com/v1"


def test_without_any_setting_there_is_no_proxy() -> None:
    assert proxies(lambda: None, {})(URL, None) is None


def test_the_providers_own_proxy_comes_first() -> None:
    proxy_for = proxies(lambda: "http://shared:1", {"HTTPS_PROXY": "http://env:2"})
    assert proxy_for(URL, "http://own:3") == "http://own:3"
    assert proxy_for(URL, None) == "http://shared:1"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_environment_comes_last(name: str) -> None:
    assert proxies(lambda: None, {name: "http://env:2"})(URL, None) == "http://env:2"


def test_a_proxy_for_http_is_not_used_for_https() -> None:
    assert proxies(lambda: None, {"HTTP_PROXY": "http://env:2"})(URL, None) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "ollama.localhost"])
def test_this_machine_is_never_reached_by_a_proxy(host: str) -> None:
    assert proxies(lambda: "http://shared:1", {})(f"http://{host}:11434/v1", None) is None


@pytest.mark.parametrize("no_proxy", ["api.example.com", ".example.com", "example.com", "x.org, *.example.com", "*"])
def test_no_proxy_spares_hosts_and_domains(no_proxy: str) -> None:
    assert proxies(lambda: "http://shared:1", {"NO_PROXY": no_proxy})(URL, None) is None


def test_what_is_said_of_one_provider_goes_before_what_is_said_of_all() -> None:
    assert proxies(lambda: "http://shared:1", {"NO_PROXY": "*"})(URL, "http://own:1") == "http://own:1"


@pytest.mark.parametrize("no_proxy", ["ample.com", "example.org", "example.com:8443", ""])
def test_no_proxy_spares_nothing_else(no_proxy: str) -> None:
    assert proxies(lambda: "http://shared:1", {"no_proxy": no_proxy})(URL, None) == "http://shared:1"


def test_no_proxy_may_name_a_port() -> None:
    proxy_for = proxies(lambda: "http://shared:1", {"no_proxy": "example.com:8443"})
    assert proxy_for("https://api.example.com:8443/v1", None) is None


@pytest.mark.parametrize("no_proxy", ["10.0.0.0/8", "10.1.2.3", "::1, 10.1.0.0/16"])
def test_no_proxy_may_name_a_network(no_proxy: str) -> None:
    proxy_for = proxies(lambda: "http://shared:1", {"no_proxy": no_proxy})
    assert proxy_for("https://10.1.2.3:8443/v1", None) is None
    assert proxy_for("https://11.1.2.3:8443/v1", None) == "http://shared:1"


def test_a_proxy_without_a_scheme_is_an_http_one() -> None:
    assert proxies(lambda: None, {"HTTPS_PROXY": "proxy.test:3128"})(URL, None) == "http://proxy.test:3128"


@pytest.mark.parametrize("proxy", ["socks5://proxy.test:1", "http://", "http://[::1", "http://proxy.test:0"])
def test_what_is_no_proxy_is_said(proxy: str) -> None:
    with pytest.raises(ProxyUnusable, match="is no proxy that is understood"):
        proxies(lambda: proxy, {})(URL, None)


def test_what_the_environment_names_is_known() -> None:
    assert [*named({"HTTPS_PROXY": " http://a ", "all_proxy": "b", "PATH": "c"})] == ["http://a", "b"]
