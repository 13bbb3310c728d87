"""A router that lets Claude Code use any model of any provider.

One direction: request bytes -> auth -> admit -> parse -> look -> route -> resolve -> adjust -> encode -> send -> read ->
check -> write -> bytes; a Record goes to the observers at the end. The rooms, top floor first; a lower one never
knows a higher one, and rooms on one floor are strangers:

    cli                          the commands, thin
    server    service            the HTTP doors; processes: start, find, stop
    assemble                     Config -> Runtime: the only place that knows all concrete classes
    gateway   upstream  observe  the join; HTTP to providers; what becomes of a Record
    policy                       how failures are classified and what is tried next: pure
    routing   providers          which model answers, and why; who speaks what
    wire                         dialects: bytes <-> hub, no I/O
    config                       text -> frozen settings
    messages                     the hub: requests, replies, events as values; the event grammar
    errors    ids    env         one file each
"""

__version__ = "0.1.0"
