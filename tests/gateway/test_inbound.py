from ccr.gateway.inbound import Inbound
from ccr.wire.anthropic import AnthropicClient


def test_a_fault_of_ours_names_the_request_and_where_more_is_said() -> None:
    fault = Inbound(AnthropicClient(), b"", {}, "", "req_1").fault
    assert fault.message == "the router failed on this request (req_1); see `ccr logs --process`"
