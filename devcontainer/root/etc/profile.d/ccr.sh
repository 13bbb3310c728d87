# For every shell that starts by itself: what the session needs to know, and for people the rest.
[ -n "${CCR_SHELL:-}" ] || {
    # A shell that did not come through ssh or as-developer (`docker exec`) has only the image's variables.
    while IFS= read -r CCR_SHELL; do export "${CCR_SHELL?}"; done </run/ccr/environment
    CCR_SHELL=1
    case ${BASH_VERSION:+$-} in *i*) . /usr/lib/ccr/interactive ;; esac
} 2>/dev/null
