import re
import time
from collections.abc import Iterator
from types import ModuleType

import pytest

from ccr.errors import (
    ContextOverflow,
    Lack,
    RequestProblem,
    UpstreamBeyondLimit,
    UpstreamBusy,
    UpstreamFailed,
    UpstreamKeyRefused,
    UpstreamLimited,
    UpstreamModelUnknown,
    UpstreamPlaceRefused,
    UpstreamProblem,
    UpstreamRefused,
    UpstreamSaid,
    UpstreamTimeout,
    UpstreamTooLarge,
    UpstreamToolless,
    UpstreamUnaffordable,
    UpstreamUnpaid,
    UpstreamUnreachable,
)
from ccr.ids import ModelName, ProviderName, Target
from ccr.policy import failures, lacks, overflows
from ccr.policy.failures import classify, retry_after
from ccr.policy.remedies import remedy_of
from ccr.wire import openai_errors, wording
from ccr.wire.anthropic import errors as anthropic_errors
from ccr.wire.gemini import errors as gemini_errors
from ccr.wire.openai_responses import errors as responses_errors
from tests.support.hostile import hostile

MONTH = 30 * 86400
TARGET = Target(ProviderName("acme"), ModelName("large"))


def heals_elsewhere(failure: RequestProblem) -> bool:
    return remedy_of(failure).spent not in ("all", "smaller")


def said(message: str, status: int | None = None, code: str = "") -> RequestProblem:
    return classify(UpstreamSaid(message, status=status, code=code, retry_after=7), TARGET)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (307, UpstreamFailed),
        (400, UpstreamRefused),
        (401, UpstreamKeyRefused),
        (402, UpstreamUnpaid),
        (403, UpstreamKeyRefused),
        (404, UpstreamFailed),
        (407, UpstreamUnreachable),
        (408, UpstreamTimeout),
        (409, UpstreamBusy),
        (413, UpstreamTooLarge),
        (418, UpstreamRefused),
        (422, UpstreamRefused),
        (429, UpstreamLimited),
        (500, UpstreamFailed),
        (502, UpstreamFailed),
        (503, UpstreamBusy),
        (504, UpstreamTimeout),
        (524, UpstreamTimeout),
        (529, UpstreamBusy),
    ],
)
@pytest.mark.trap(99)
def test_a_status_tells_the_kind(status: int, kind: type[RequestProblem]) -> None:
    problem = said("went wrong", status)
    assert type(problem) is kind
    assert problem.message.startswith("went wrong [acme,large]")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The model `x` does not exist", UpstreamModelUnknown),
        ("large was not found", UpstreamModelUnknown),
        ("a web page: 404 Not Found", UpstreamFailed),
        ("Not Found", UpstreamFailed),
    ],
)
def test_a_404_is_the_models_only_where_it_speaks_of_one(text: str, kind: type[RequestProblem]) -> None:
    problem = said(text, 404)
    assert type(problem) is kind
    assert ("has nothing at this address; check its api_base_url" in problem.message) == (kind is UpstreamFailed)
    assert problem.retry is False


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("overloaded_error", UpstreamBusy),
        ("rate_limit_error", UpstreamLimited),
        ("insufficient_quota", UpstreamUnpaid),
        ("429", UpstreamLimited),
        ("something_new", UpstreamFailed),
        ("", UpstreamFailed),
    ],
)
def test_without_a_status_the_code_tells_the_kind(code: str, kind: type[RequestProblem]) -> None:
    assert type(said("went wrong", code=code)) is kind


@pytest.mark.trap(102)
def test_overloaded_in_the_text_of_a_500_is_busy() -> None:
    assert type(said("The model is overloaded, try later", 500)) is UpstreamBusy


@pytest.mark.parametrize("status", [None, 200, 403, 429, 500])
def test_a_limit_is_one_whatever_the_status(status: int | None) -> None:
    assert type(said("Rate limit exceeded, please wait", status)) is UpstreamLimited


def test_a_silent_error_says_its_status() -> None:
    assert said("", 500).message.startswith("status 500 without a message")


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (403, "Country, region, or territory not supported", ""),
        (403, "no", "unsupported_country_region_territory"),
        (400, "User location is not supported for the API use.", "FAILED_PRECONDITION"),
    ],
)
def test_a_country_that_is_not_served_is_no_wrong_key(status: int, text: str, code: str) -> None:
    failure = said(text, status, code)
    assert type(failure) is UpstreamPlaceRefused
    assert "refused the key" not in failure.message
    assert failure.message.endswith("; set a proxy for it, or choose another provider")
    assert heals_elsewhere(failure)


def test_a_refused_key_names_where_the_key_comes_from() -> None:
    problem = classify(UpstreamSaid("bad key", status=401), TARGET, "$ACME_API_KEY")
    assert "check $ACME_API_KEY" in problem.message
    assert problem.retry is False


def test_an_empty_account_is_not_a_rate_limit() -> None:
    assert type(said("You exceeded your current quota, please check your plan", 429)) is UpstreamUnpaid


def test_a_limit_that_is_named_as_one_is_no_empty_account_whatever_its_words() -> None:
    limited = UpstreamSaid("You exceeded your current quota, please check", status=429, code="rate_limit_exceeded")
    assert type(classify(limited, TARGET)) is UpstreamLimited


def test_a_limit_keeps_its_retry_after() -> None:
    assert said("slow down", 429).retry_after == 7


@pytest.mark.trap(95)
def test_an_overflow_keeps_the_providers_words_and_says_whose_they_are() -> None:
    problem = said("prompt is too long: 213462 tokens > 200000 maximum", 400)
    assert isinstance(problem, ContextOverflow)
    assert (problem.had, problem.limit) == (213462, 200000)
    assert problem.message == "prompt is too long: 213462 tokens > 200000 maximum [acme,large]"


def test_an_overflow_is_known_by_its_code() -> None:
    assert type(said("too much", 400, "context_length_exceeded")) is ContextOverflow


@pytest.mark.parametrize("status", [413, 429])
@pytest.mark.trap(98)
def test_a_rate_limit_that_reads_like_an_overflow_stays_one(status: int) -> None:
    text = "Request too large for model on tokens per min (TPM): reduce the length of the messages"
    assert type(said(text, status)) is UpstreamLimited


@pytest.mark.parametrize("status", [413, 429])
@pytest.mark.parametrize(
    ("text", "is_beyond"),
    [
        ("Request too large for m on tokens per minute (TPM): Limit 10000, Requested 50000, please reduce", True),
        ("Rate limit reached for m on tokens per min (TPM): Limit 30000, Used 29000, Requested 5000.", False),
        ("Rate limit reached for m on tokens per min (TPM): Limit: 30000 / Requested: 3000.", False),
        ("Rate limit reached for m on tokens per min (TPM): Limit 30,000, Used 29,500, Requested 900", False),
        ("Request too large for m on tokens per min (TPM): Limit 9,000, Requested 10,000", True),
    ],
)
def test_a_request_that_never_fits_into_a_limit_is_known_by_its_figures(
    text: str, is_beyond: bool, status: int
) -> None:
    problem = said(text, status)
    assert type(problem) is (UpstreamBeyondLimit if is_beyond else UpstreamLimited)
    assert (problem.retry is False) == is_beyond


@pytest.mark.parametrize(
    ("status", "text", "meant"),
    [
        (
            402,
            "This request requires more credits, or fewer max_tokens. You can only afford 3210",
            UpstreamUnaffordable,
        ),
        (403, "Project `p` does not have access to model `made-up`", UpstreamModelUnknown),
        (401, "key not allowed to access model. This key can only access models=['m']", UpstreamModelUnknown),
        (403, 'm requires moderation on P. Your input was flagged for "violence"', UpstreamProblem),
    ],
)
def test_what_is_said_of_one_request_is_not_said_of_the_key(
    status: int, text: str, meant: type[RequestProblem]
) -> None:
    problem = said(text, status)
    assert (type(problem), problem.retry) == (meant, False)
    assert remedy_of(problem).cooling is None


def test_an_account_that_is_flagged_is_the_keys_matter() -> None:
    assert type(said("Your account has been flagged for abuse", 403)) is UpstreamKeyRefused


@pytest.mark.trap(106)
def test_a_refusal_does_not_heal_elsewhere_and_an_outage_may() -> None:
    assert not heals_elsewhere(said("no such field", 400))
    assert not heals_elsewhere(said("prompt is too long", 400))
    assert heals_elsewhere(said("down", 500))
    assert heals_elsewhere(said("bad key", 401))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "soon"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 90),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"retry-after": "1.2.3"}, None),
        ({"retry-after": "9" * 400}, MONTH),
        ({"retry-after": "Thu, 01 Jan 99999999999 00:00:00 GMT"}, None),
        ({"retry-after-ms": "inf"}, MONTH),
        ({"retry-after-ms": "nan"}, 0),
        ({"retry-after-ms": "1e308"}, MONTH),
        ({"retry-after-ms": "-1"}, 0),
    ],
)
@pytest.mark.trap(101)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=10) == seconds


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "registry.ollama.ai/library/gemma3:4b does not support tools"),
        (404, 'No endpoints found that support tool use. Try disabling "Bash".'),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        (500, "tools param requires --jinja flag"),
        (400, "`tool calling` is not supported with this model"),
        (400, "Function calling is not enabled for models/gemma-3-27b-it"),
        (422, "This model does not support function calling"),
    ],
)
def test_a_model_without_tools_gets_words_that_name_both_remedies(status: int, words: str) -> None:
    problem = said(words, status)
    assert type(problem) is UpstreamToolless
    assert problem.message == (
        f"{words} [acme,large]: large takes no tools; choose another model, "
        'or add the transformer "toolprompt" to provider acme'
    )
    assert problem.retry is False
    assert heals_elsewhere(problem), "another model may take them"


@pytest.mark.parametrize(
    "words", ["deepseek-reasoner does not support this tool_choice", "does not support tool choice"]
)
def test_a_choice_that_is_not_supported_is_no_lack_of_tools(words: str) -> None:
    assert type(said(words, 400)) is UpstreamRefused


def test_a_lack_is_carried_by_the_refusal() -> None:
    problem = said("This model does not support the effort parameter.", 400)
    assert isinstance(problem, UpstreamRefused)
    assert problem.lack == Lack("effort")


def test_an_answer_that_is_too_long_says_what_to_set() -> None:
    problem = said("max_tokens: 128000 > 8192, which is the maximum allowed number of output tokens for large", 400)
    assert problem.message.endswith("[acme,large]: set limits.large.output to 8192 in provider acme")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "No endpoints found that support image input"),  # OpenRouter
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
    ],
)
def test_another_model_may_see_what_this_one_cannot(status: int, words: str) -> None:
    problem = said(words, status)
    assert isinstance(problem, UpstreamRefused)
    assert heals_elsewhere(problem)


def test_a_rate_limit_that_speaks_of_images_stays_one() -> None:
    assert type(said("Rate limit reached: too many images per minute", 429)) is UpstreamLimited


def test_tokens_that_are_not_paid_for_are_no_overflow() -> None:
    # OpenRouter
    words = "Prompt tokens limit exceeded: 53127 > 26012. To increase, visit the settings: maximum context length"
    assert type(said(words, 402)) is UpstreamUnpaid


def test_a_redirect_is_not_asked_again() -> None:
    assert said("Moved", 308).retry is False


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Rate limit reached in organization org-Ab12Cd34Ef on requests", "in organization *** on"),
        ("Incorrect API key provided: sk-abc****wxyz.", "provided: *** "),
        ("Permission denied on projects/123456789 for you", "projects/*** for"),
        ("not authorized on arn:aws:bedrock:eu-west-1:123456789012:model/x", "eu-west-1:***:model/x"),
        ("the key_missing field and the user-supplied one", "key_missing field and the user-supplied one"),
    ],
)
def test_accounts_and_keys_are_not_repeated(words: str, shown: str) -> None:
    assert shown in said(words, 400).message


@pytest.mark.parametrize(
    "words",
    [
        f"max_tokens: 1 > {'9' * 5000}, which is the maximum allowed number of output tokens",
        f"max_tokens: 1 > {'9' * 2000}, which is the maximum allowed number of output tokens",
        f"prompt is too long: {'9' * 5000} tokens > 100 maximum",
        f"prompt is too long: {'9' * 2000} tokens > 100 maximum",
    ],
)
def test_a_number_that_none_is_stays_text(words: str) -> None:
    problem = said(words, 400)
    assert getattr(problem, "lack", None) is None
    assert getattr(problem, "had", None) is None


@pytest.mark.parametrize("code", ["9" * 5000, "²", "0", "999"])
def test_a_code_that_is_no_status_is_none(code: str) -> None:
    assert type(said("went wrong", code=code)) is UpstreamFailed


def patterns(*modules: ModuleType) -> Iterator[re.Pattern[str]]:
    def within(value: object) -> Iterator[re.Pattern[str]]:
        match value:
            case re.Pattern():
                yield value
            case tuple():
                for each in value:
                    yield from within(each)
            case _:
                pass

    for module in modules:
        for value in vars(module).values():
            yield from within(value)


PATTERNS = [*patterns(failures, lacks, overflows, wording)]
PATTERNS += patterns(openai_errors, anthropic_errors, gemini_errors, responses_errors)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_text_holds_up_the_router(pattern: re.Pattern[str]) -> None:
    """Providers quote what they were sent. While one error is read, every other session waits."""
    for text in hostile(pattern, 2 * failures.LONGEST):
        began = time.thread_time()
        list(pattern.finditer(text))
        assert time.thread_time() - began < 0.5, text[:200]


@pytest.mark.parametrize(
    "piece",
    [
        "maximum context length is 1 requested about 1 tokens ",
        "maximum context length is 1 tokens 1 in the messages ",
        "maximum context length is 1 ",
        "prompt is too long 1,",
        "org-",
        "<title>",
    ],
)
def test_a_long_error_is_read_at_once(piece: str) -> None:
    began = time.thread_time()
    problem = said(piece * (64_000 // len(piece)), 400)
    assert time.thread_time() - began < 0.15
    assert len(problem.message) < 5000


def test_an_overflow_whose_numbers_fit_is_what_its_status_says() -> None:
    fits = "prompt is too long: 200 tokens > 300 maximum"
    assert [type(said(fits, status)) for status in (400, 413, 500)] == [
        UpstreamRefused,
        UpstreamTooLarge,
        UpstreamFailed,
    ]


OVERFLOWS = "prompt is too long: 300 tokens > 200 maximum"


@pytest.mark.parametrize("status", [401, 403, 429, 502, 503, 529])
def test_what_is_no_matter_of_the_request_is_no_overflow_and_no_lack(status: int) -> None:
    for words in (OVERFLOWS, "too many images"):
        problem = said(words, status)
        assert not isinstance(problem, ContextOverflow | UpstreamRefused)
        assert heals_elsewhere(problem)


@pytest.mark.parametrize("words", [OVERFLOWS, "too many images", "Rate limit reached", "does not support tools"])
@pytest.mark.parametrize(
    "mark", ["[type=string_type, input_value='", "{'msg': 'no string', 'input': '", '"input":"', "Your input: '"]
)
def test_what_quotes_the_request_says_nothing_of_it(words: str, mark: str) -> None:
    problem = said(f"Input should be a valid string {mark}{words}', input_type=str]", 400)
    assert type(problem) is UpstreamRefused
    assert problem.lack is None
