# For every interactive shell: what the session needs to know, a terminal that programs can draw on, a prompt that says who answers.
[ -z "${BASH_VERSION:-}" ] || [ -n "${CCR_SHELL:-}" ] || {
    # A shell that did not come through ssh or as-developer (`docker exec`) has only the image's variables.
    while IFS= read -r CCR_SHELL; do export "${CCR_SHELL?}"; done </run/ccr/environment
    CCR_SHELL=1
    case $- in *i*) . /usr/lib/ccr/interactive ;; esac
} 2>/dev/null
