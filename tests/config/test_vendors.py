from ccr.config.vendors import VENDORS, vendor_named


def test_names_are_found_in_any_spelling() -> None:
    found = {vendor.name for name in ("Together_AI", "together-ai", "TogetherAI") if (vendor := vendor_named(name))}
    assert found == {"together"}
    assert vendor_named("nobody") is None


def test_no_two_vendors_share_a_name_or_a_variable() -> None:
    for values in (
        [name for vendor in VENDORS for name in (vendor.name, *vendor.names)],
        [variable for vendor in VENDORS for variable in vendor.keys],
    ):
        assert len(values) == len(set(values))


def test_a_native_address_comes_before_a_translation_save_where_it_depends_on_the_version_or_the_model() -> None:
    others = {vendor.name for vendor in VENDORS if "anthropic" in vendor.urls and vendor.dialect != "anthropic"}
    assert others == {"openrouter", "azure", "bedrock", "ollama", "lmstudio", "vllm", "sglang", "llamacpp", "litellm"}


def test_an_account_of_its_own_has_no_usual_address() -> None:
    assert {vendor.name for vendor in VENDORS if not vendor.url} == {"azure", "vertex", "bedrock"}


def test_who_has_a_key_in_the_environment_can_be_asked_at_once() -> None:
    assert [vendor.name for vendor in VENDORS if vendor.keys and vendor.model and not vendor.url] == []
    assert {vendor.name for vendor in VENDORS if vendor.keyless} == {
        "ollama",
        "lmstudio",
        "vllm",
        "sglang",
        "vertex",
        "bedrock",
        "llamacpp",
        "litellm",
    }
