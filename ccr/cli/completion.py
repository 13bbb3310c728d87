"""completion: what the Tab key offers in each shell, written out from the commands as they are.

A script holds the commands and options itself, so that Tab is fast; only names of the configuration are asked for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args

import typer

from ccr.cli import output
from ccr.cli.quick import Names
from ccr.service.shells import Shell, quoted

# Whose values are names of the configuration: command, parameter.
NAMED: Mapping[tuple[str, str], Names] = {
    ("model", "route"): "routes",
    ("model", "unset"): "routes",
    ("model", "target"): "models",
    ("provider test", "name"): "providers",
}
# `ccr code` takes its arguments as they are.
CODE: Mapping[str, str] = {
    "--context": "Every request by this route.",
    "--isolated": "Claude uses a configuration folder of ours.",
    "--trust": "Claude asks no first questions in this folder.",
}


@dataclass(slots=True)
class Offers:
    """By the command's path, and after it the word before or the argument's number."""

    commands: dict[str, dict[str, str]] = field(default_factory=dict)
    options: dict[str, dict[str, str]] = field(default_factory=dict)
    values: dict[str, tuple[str, ...] | Names | None] = field(default_factory=dict)  # None: a file, or free text


def add_to(app: typer.Typer) -> None:
    app.command()(completion)


def completion(
    context: typer.Context,
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="Yours.")],
) -> None:
    """Print what makes the Tab key complete ccr's commands.

    bash: ccr completion bash > ~/.local/share/bash-completion/completions/ccr;
    zsh: ccr completion zsh > a file _ccr in a folder of your fpath;
    fish: ccr completion fish > ~/.config/fish/completions/ccr.fish;
    PowerShell: ccr completion pwsh >> $PROFILE. Once more after an update.
    """
    output.write(SCRIPTS[shell](offers(context.find_root().command)))


def offers(root: Any) -> Offers:
    found = Offers()
    _look(found, root, "")
    found.options["code"] |= CODE
    found.values["code --context"] = "routes"
    return found


def _look(found: Offers, command: Any, path: str) -> None:
    found.options[path] = {"--help": "Show what it does."}
    arguments = 0
    for each in command.params:
        if each.hidden:
            continue
        value = _named(path, each.name) or _literals(each.type_descriptor.annotation)
        if each.param_type_name == "argument":
            found.values[f"{path} {arguments}"] = value
            arguments += 1
            continue
        longest = max(each.opts, key=len)
        found.options[path] |= {longest: each.help or ""}
        found.options[path] |= dict.fromkeys(each.secondary_opts, each.help or "")
        if not each.is_flag:
            found.values |= {f"{path} {option}": value for option in each.opts}
    below = {name: each for name, each in getattr(command, "commands", {}).items() if not each.hidden}
    if below:
        found.commands[path] = {name: each.get_short_help_str(60) for name, each in below.items()}
    for name, each in below.items():
        _look(found, each, f"{path} {name}".strip())


def _named(path: str, name: str) -> Names | None:
    if path.startswith("remote ") and path != "remote add" and name in ("name", "names"):
        return "remotes"
    return NAMED.get((path, name))


def _literals(annotation: object) -> tuple[str, ...] | None:
    """The words of a `Literal`, also where it may be left out."""
    words = [*get_args(annotation)]
    for each in get_args(annotation):
        words += get_args(each)
    return tuple(word for word in words if isinstance(word, str)) or None


def _posix(found: Offers) -> str:
    """For bash and zsh: prints, a word a line, what fits `before`, the words after ccr, and `cur`."""
    return "\n".join(
        (
            "    local word at= number=0 prev=",
            '    for word in "${before[@]}"; do',
            '        case "$at $word" in',
            f'            {_alternatives(_paths(found))}) at="${{at:+$at }}$word" number=0 ;;',
            '            *" -"*) ;;',
            "            *) number=$((number + 1)) ;;",
            "        esac",
            "        prev=$word",
            "    done",
            '    case "$at $prev" in',
            *(f"        {_quoted(key)}) {_said(value)}; return ;;" for key, value in _after_options(found) if value),
            f"        {_alternatives(key for key, value in _after_options(found) if not value)}) return ;;",
            "    esac",
            '    case "${cur%%[^-]*}:$at:$at $number" in',
            *(f"        -*:{_quoted(path)}:*) {_said(tuple(each))} ;;" for path, each in found.options.items()),
            *(f"        *:{_quoted(path)}:*) {_said(tuple(each))} ;;" for path, each in found.commands.items()),
            *(f"        *:*:{_quoted(key)}) {_said(value)} ;;" for key, value in _arguments(found)),
            "    esac",
        )
    )


def _paths(found: Offers) -> list[str]:
    """A path's last word, after a blank: what is looked for while the words are read."""
    return [f"{path} {name}" for path, names in found.commands.items() for name in names]


def _after_options(found: Offers) -> Iterator[tuple[str, tuple[str, ...] | Names | None]]:
    return ((key, value) for key, value in found.values.items() if not key[-1].isdigit())


def _arguments(found: Offers) -> Iterator[tuple[str, tuple[str, ...] | Names]]:
    return ((key, value) for key, value in found.values.items() if key[-1].isdigit() and value)


def _alternatives(keys: Iterable[str]) -> str:
    return " | ".join(map(_quoted, keys))


def _quoted(text: str) -> str:
    return f'"{text}"'


def _said(value: tuple[str, ...] | str | None) -> str:
    if isinstance(value, str):
        return f"command ccr completion {value} 2>/dev/null"
    return f"printf '%s\\n' {' '.join(value or ())}"


def _bash(found: Offers) -> str:
    return BASH.replace("BODY", _posix(found))


def _zsh(found: Offers) -> str:
    return ZSH.replace("BODY", _posix(found))


def _fish(found: Offers) -> str:
    return "\n".join(
        (
            "# fish completion for ccr",
            "function __ccr_offers",
            "    set -l at ''",
            "    set -l number 0",
            "    set -l before (commandline -opc)",
            "    set -e before[1]",
            "    for word in $before",
            '        switch "$at $word"',
            f"            case {' '.join(_fish_quoted(path) for path in _paths(found))}",
            '                set at (string trim -- "$at $word")',
            "                set number 0",
            "            case '* -*'",
            "            case '*'",
            "                set number (math $number + 1)",
            "        end",
            "    end",
            '    switch "$at $before[-1]"',
            *(_fish_case(key, value) for key, value in _after_options(found)),
            "    end",
            "    if string match -q -- '-*' (commandline -ct)",
            '        switch "$at"',
            *(_fish_case(path, each) for path, each in found.options.items()),
            "        end",
            "    end",
            '    switch "$at"',
            *(_fish_case(path, each) for path, each in found.commands.items()),
            "    end",
            '    switch "$at $number"',
            *(_fish_case(key, value) for key, value in _arguments(found)),
            "    end",
            "    return 1",
            "end",
            "complete -c ccr -f -a '(__ccr_offers; or __fish_complete_path (commandline -ct))'",
            "",
        )
    )


def _fish_case(key: str, value: Mapping[str, str] | tuple[str, ...] | str | None) -> str:
    head = f"        case {_fish_quoted(key)}\n            "
    match value:
        case None:
            return f"{head}return 1"
        case str():
            return f"{head}command ccr completion {value} 2>/dev/null\n            return 0"
        case Mapping():
            words = [f"{word}\t{meaning}" for word, meaning in value.items()]
        case _:
            words = [*value]
    return f"{head}printf '%s\\n' {' '.join(map(_fish_quoted, words))}\n            return 0"


def _fish_quoted(text: str) -> str:
    return quoted("fish", text)


def _pwsh(found: Offers) -> str:
    tables: dict[str, Mapping[str, tuple[str, ...] | str | None]] = {
        "$commands": {path: tuple(each) for path, each in found.commands.items()},
        "$options": {path: tuple(each) for path, each in found.options.items()},
        "$values": found.values,
    }
    lines = [f"    {name} = @{{\n{''.join(_pwsh_rows(table))}    }}" for name, table in tables.items()]
    return PWSH.replace("TABLES", "\n".join(lines))


def _pwsh_rows(table: Mapping[str, tuple[str, ...] | str | None]) -> Iterator[str]:
    for key, value in table.items():
        match value:
            case None:
                continue
            case str():
                words = quoted("pwsh", value)
            case _:
                words = f"@({', '.join(quoted('pwsh', word) for word in value)})"
        yield f"        {quoted('pwsh', key)} = {words}\n"


BASH = r"""# bash completion for ccr
_ccr_found() {
BODY
}
_ccr() {
    # COMP_WORDS parts a model's name at ":" and "@" and keeps the quotes, so the line is read anew; bash replaces $2,
    # the end of the last word, and what stands before it is not said again.
    local line=${COMP_LINE:0:COMP_POINT} before=() cur= quote= open= said=0 at letter word
    for ((at = 0; ; at++)); do
        ((at != ${#line} - ${#2})) || said=${#cur} open=$quote
        letter=${line:at:1}
        [[ $letter ]] || break
        case $quote$letter in
            "''" | '""') quote= ;;
            "'"? | '"'[!\\]) cur+=$letter ;;
            *\\) cur+=${line:++at:1} ;;
            [\'\"]) quote=$letter ;;
            [[:blank:]]) [[ -z $cur ]] || before+=("$cur"); cur= ;;
            *) cur+=$letter ;;
        esac
    done
    before=("${before[@]:1}")
    COMPREPLY=()
    while IFS= read -r word; do # compgen -W would run what stands in a name, and so would the line
        [[ $word == "$cur"* ]] || continue
        word=${word:said}
        if [[ $word == *[^A-Za-z0-9_.,:/@+-]* ]]; then
            [[ -z $open ]] || continue
            word=$(printf %q "$word")
        fi
        COMPREPLY+=("$word")
    done < <(_ccr_found)
}
complete -o default -F _ccr ccr
"""
ZSH = """#compdef ccr
_ccr_found() {
BODY
}
_ccr() {
    local cur=$words[CURRENT] found
    local -a before=("${(@)words[2,CURRENT-1]}")
    found=$(_ccr_found)
    if [[ -n $found ]]; then compadd -- "${(@f)found}"; else _files; fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
if [[ $funcstack[1] == _ccr ]]; then _ccr "$@"; else compdef _ccr ccr; fi
"""
PWSH = r"""# PowerShell completion for ccr
Register-ArgumentCompleter -Native -CommandName ccr -ScriptBlock {
    param($word, $ast, $cursor)
TABLES
    $at = ''; $number = 0; $prev = ''
    $before = $ast.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursor }
    foreach ($each in @($before | ForEach-Object { "$_" })) {
        $path = "$at $each".Trim()
        if ($options.ContainsKey($path)) { $at = $path; $number = 0 }
        elseif (-not $each.StartsWith('-')) { $number += 1 }
        $prev = $each
    }
    $found = if ($values["$at $prev"]) { $values["$at $prev"] }
        elseif ($word.StartsWith('-')) { $options[$at] }
        elseif ($commands[$at]) { $commands[$at] }
        else { $values["$at $number"] }
    if ($found -is [string]) { $found = ccr completion $found 2>$null }
    $found | Where-Object { $_ -like "$word*" } | ForEach-Object {
        $text = if ($_ -match '^[\w,./:@+~-]+$') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text)
    }
}
"""
SCRIPTS: Mapping[Shell, Callable[[Offers], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish, "pwsh": _pwsh}
