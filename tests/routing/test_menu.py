import pytest

from ccr.routing.menu import Entry, entries, unmarked
from tests.routing.test_rules import EQUAL, many, table

PROVIDERS = {"deepseek": ("chat", "deep"), "claude-like": ("x",), "engine": ("search",)}


def test_every_target_alias_and_family_can_be_asked_for() -> None:
    found = entries(
        table(
            routes={
                "default": "deepseek,chat",
                "think": "deepseek,new",
                "opus": "deepseek,deep",
                "gpt": "deepseek,deep",
            },
            agents={"Explore": "deepseek,deep"},
            aliases={"fast": "deepseek,chat", "gpt-*": "deepseek,chat"},
            providers=PROVIDERS,
            engines=("engine",),
        )
    )
    assert list(found) == [
        Entry("deepseek,chat", "chat (deepseek)", "default"),
        Entry("deepseek,new", "new (deepseek)", "think"),
        Entry("deepseek,deep", "deep (deepseek)", "opus, gpt, Explore"),
        Entry("fast", "fast: chat (deepseek)"),
        Entry("gpt", "gpt: deep (deepseek)"),
        Entry("claude-like,x", "x (claude-like)"),
    ]


def test_an_entry_says_which_routes_lead_there() -> None:
    assert Entry("a,b", "b (a)", "default, think").about == "Router: default, think"
    assert Entry("a,b", "b (a)").about == "by the router"


@pytest.mark.parametrize(
    ("name", "marked"),
    [
        ("a,b", "claude:a,b"),
        ("claude-like,x", "claude-like,x"),
        ("Anthropic,x", "Anthropic,x"),
        ("fast", "claude:fast"),
    ],
)
def test_what_claude_codes_menu_would_drop_is_marked(name: str, marked: str) -> None:
    assert Entry(name, "").marked == marked
    assert unmarked(marked) == name


def test_equals_are_in_the_menu_each_with_its_routes() -> None:
    routes = many(Router={"think": "c,1", "default": EQUAL, "agents": {"Explore": EQUAL}}, aliases={"any": EQUAL})
    assert list(entries(routes)) == [
        Entry("c,1", "1 (c)", "think"),
        Entry("a,1", "1 (a)", "default, Explore"),
        Entry("b,1", "1 (b)", "default, Explore"),
        Entry("any", "any: 1 (a)"),
    ]
