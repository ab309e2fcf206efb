# shellcheck shell=bash
# Completion of fnrun for bash, made by 'fnrun --generate complete-bash'.

# The words that may follow $1 (the words of the verb so far). Fails if $1 is a complete verb.
_fnrun_verbs() {
    case $1 in
        '') echo 'run invoke serve start ps logs shell debug pause resume stop function pool doctor help' ;;
        'help') echo 'run invoke serve start ps logs shell debug pause resume stop function pool doctor' ;;
        'function' | 'help function') echo 'set show ls rm' ;;
        'pool' | 'help pool') echo 'start stop' ;;
        *) return 1 ;;
    esac
}

_fnrun_flags() {
    case $1 in
        '') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --version' ;;
        'run') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --memory --cpus --pids --timeout --net --env --mount --user --workdir --writable --tmp-size --seccomp --require --publish --allow-remote --pool --entrypoint --no-tty --timing --dry-run' ;;
        'invoke') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --event --raw --handler --keep-alive --timing --protocol --init-timeout --freeze --entrypoint --memory --cpus --pids --timeout --net --env --mount --user --workdir --writable --tmp-size --seccomp --require --publish --allow-remote --pool --dry-run' ;;
        'serve') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --listen --allow-remote --allow-pages --url-events --watch --concurrency --queue --keep-alive --status --grace --for --handler --protocol --init-timeout --freeze --entrypoint --memory --cpus --pids --timeout --net --env --mount --user --workdir --writable --tmp-size --seccomp --require --publish --pool --dry-run' ;;
        'start') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --handler --keep-alive --protocol --init-timeout --freeze --entrypoint --memory --cpus --pids --timeout --net --env --mount --user --workdir --writable --tmp-size --seccomp --require --publish --allow-remote --pool --dry-run' ;;
        'ps') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout' ;;
        'logs') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --follow --lines' ;;
        'shell') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --dry-run' ;;
        'debug') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --with --event --listen --handler --protocol --init-timeout --entrypoint --memory --cpus --pids --timeout --net --env --mount --user --workdir --writable --tmp-size --seccomp --require --publish --allow-remote --dry-run' ;;
        'pause') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --dry-run' ;;
        'resume') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --dry-run' ;;
        'stop') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --all --grace --dry-run' ;;
        'function set') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --memory --cpus --pids --timeout --net --env --mount --user --workdir --writable --tmp-size --seccomp --require --publish --allow-remote --protocol --init-timeout --freeze --entrypoint --handler --command --keep-alive --concurrency --unset-env --reset --dry-run' ;;
        'function show') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout' ;;
        'function ls') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout' ;;
        'function rm') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --dry-run' ;;
        'pool start') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --size --idle --dry-run' ;;
        'pool stop') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --dry-run' ;;
        'doctor') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout' ;;
    esac
}

# What goes in place $2 of verb $1 (the value of that flag, or the argument of that number): words, or a kind of thing.
# Fails where nothing is expected.
_fnrun_value() {
    case "$1 $2" in
        *' --color') echo 'auto always never' ;;
        *' --progress') echo 'auto plain none json' ;;
        *' --home') echo '%directory' ;;
        *' --lock-timeout') echo '' ;;
        'run --memory') echo '' ;;
        'run --cpus') echo '' ;;
        'run --pids') echo '' ;;
        'run --timeout') echo '' ;;
        'run --net') echo 'none loopback host' ;;
        'run -e' | 'run --env') echo '' ;;
        'run --mount') echo '%file' ;;
        'run --user') echo '' ;;
        'run -w' | 'run --workdir') echo '' ;;
        'run --tmp-size') echo '' ;;
        'run --seccomp') echo '%file' ;;
        'run --require') echo '' ;;
        'run --publish') echo '' ;;
        'run --pool') echo 'auto on off' ;;
        'run --entrypoint') echo '' ;;
        'run 0') echo '%references' ;;
        'run '[0-9]*) echo '' ;;
        'invoke -e' | 'invoke --event') echo '%file' ;;
        'invoke --handler') echo '' ;;
        'invoke --keep-alive') echo '' ;;
        'invoke --protocol') echo 'auto exec lambda' ;;
        'invoke --init-timeout') echo '' ;;
        'invoke --entrypoint') echo '' ;;
        'invoke --memory') echo '' ;;
        'invoke --cpus') echo '' ;;
        'invoke --pids') echo '' ;;
        'invoke --timeout') echo '' ;;
        'invoke --net') echo 'none loopback host' ;;
        'invoke --env') echo '' ;;
        'invoke --mount') echo '%file' ;;
        'invoke --user') echo '' ;;
        'invoke -w' | 'invoke --workdir') echo '' ;;
        'invoke --tmp-size') echo '' ;;
        'invoke --seccomp') echo '%file' ;;
        'invoke --require') echo '' ;;
        'invoke --publish') echo '' ;;
        'invoke --pool') echo 'auto on off' ;;
        'invoke 0') echo '%functions' ;;
        'invoke '[0-9]*) echo '' ;;
        'serve -l' | 'serve --listen') echo '' ;;
        'serve --concurrency') echo '' ;;
        'serve --queue') echo '' ;;
        'serve --keep-alive') echo '' ;;
        'serve --status') echo 'aws honest' ;;
        'serve --grace') echo '' ;;
        'serve --for') echo '' ;;
        'serve --handler') echo '' ;;
        'serve --protocol') echo 'auto exec lambda' ;;
        'serve --init-timeout') echo '' ;;
        'serve --entrypoint') echo '' ;;
        'serve --memory') echo '' ;;
        'serve --cpus') echo '' ;;
        'serve --pids') echo '' ;;
        'serve --timeout') echo '' ;;
        'serve --net') echo 'none loopback host' ;;
        'serve -e' | 'serve --env') echo '' ;;
        'serve --mount') echo '%file' ;;
        'serve --user') echo '' ;;
        'serve -w' | 'serve --workdir') echo '' ;;
        'serve --tmp-size') echo '' ;;
        'serve --seccomp') echo '%file' ;;
        'serve --require') echo '' ;;
        'serve --publish') echo '' ;;
        'serve --pool') echo 'auto on off' ;;
        'serve 0') echo '%functions' ;;
        'serve '[0-9]*) echo '' ;;
        'start --handler') echo '' ;;
        'start --keep-alive') echo '' ;;
        'start --protocol') echo 'auto exec lambda' ;;
        'start --init-timeout') echo '' ;;
        'start --entrypoint') echo '' ;;
        'start --memory') echo '' ;;
        'start --cpus') echo '' ;;
        'start --pids') echo '' ;;
        'start --timeout') echo '' ;;
        'start --net') echo 'none loopback host' ;;
        'start -e' | 'start --env') echo '' ;;
        'start --mount') echo '%file' ;;
        'start --user') echo '' ;;
        'start -w' | 'start --workdir') echo '' ;;
        'start --tmp-size') echo '' ;;
        'start --seccomp') echo '%file' ;;
        'start --require') echo '' ;;
        'start --publish') echo '' ;;
        'start --pool') echo 'auto on off' ;;
        'start 0') echo '%functions' ;;
        'start '[0-9]*) echo '' ;;
        'logs -n' | 'logs --lines') echo '' ;;
        'logs 0') echo '%instances' ;;
        'shell 0') echo '%instances' ;;
        'shell '[0-9]*) echo '' ;;
        'debug --with') echo 'strace gdb node python' ;;
        'debug -e' | 'debug --event') echo '%file' ;;
        'debug -l' | 'debug --listen') echo '' ;;
        'debug --handler') echo '' ;;
        'debug --protocol') echo 'auto exec lambda' ;;
        'debug --init-timeout') echo '' ;;
        'debug --entrypoint') echo '' ;;
        'debug --memory') echo '' ;;
        'debug --cpus') echo '' ;;
        'debug --pids') echo '' ;;
        'debug --timeout') echo '' ;;
        'debug --net') echo 'none loopback host' ;;
        'debug --env') echo '' ;;
        'debug --mount') echo '%file' ;;
        'debug --user') echo '' ;;
        'debug -w' | 'debug --workdir') echo '' ;;
        'debug --tmp-size') echo '' ;;
        'debug --seccomp') echo '%file' ;;
        'debug --require') echo '' ;;
        'debug --publish') echo '' ;;
        'debug 0') echo '%functions' ;;
        'debug '[0-9]*) echo '' ;;
        'pause 0') echo '%instances' ;;
        'resume 0') echo '%instances' ;;
        'stop --grace') echo '' ;;
        'stop '[0-9]*) echo '%instances' ;;
        'function set --memory') echo '' ;;
        'function set --cpus') echo '' ;;
        'function set --pids') echo '' ;;
        'function set --timeout') echo '' ;;
        'function set --net') echo 'none loopback host' ;;
        'function set -e' | 'function set --env') echo '' ;;
        'function set --mount') echo '%file' ;;
        'function set --user') echo '' ;;
        'function set -w' | 'function set --workdir') echo '' ;;
        'function set --tmp-size') echo '' ;;
        'function set --seccomp') echo '%file' ;;
        'function set --require') echo '' ;;
        'function set --publish') echo '' ;;
        'function set --protocol') echo 'auto exec lambda' ;;
        'function set --init-timeout') echo '' ;;
        'function set --entrypoint') echo '' ;;
        'function set --handler') echo '' ;;
        'function set --command') echo '' ;;
        'function set --keep-alive') echo '' ;;
        'function set --concurrency') echo '' ;;
        'function set --unset-env') echo '' ;;
        'function set --reset') echo 'memory timeout init-timeout cpus pids net protocol handler entrypoint command keep-alive concurrency env mount publish user workdir writable freeze tmp-size seccomp require' ;;
        'function set 0') echo '%functions' ;;
        'function set 1') echo '%references' ;;
        'function set '[0-9]*) echo '' ;;
        'function show 0') echo '%functions' ;;
        'function rm '[0-9]*) echo '%functions' ;;
        'pool start --size') echo '' ;;
        'pool start --idle') echo '' ;;
        *) return 1 ;;
    esac
}

_fnrun() {
    local line=${COMP_LINE:0:COMP_POINT} words cur kind='' word
    local verb='' flag='' ended='' place=0 home=()
    COMPREPLY=()
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    cur=${words[${#words[@]} - 1]}

    for word in "${words[@]:1:${#words[@]}-2}"; do
        if [[ $flag ]]; then
            [[ $flag == --home ]] && home=(--home "${word/#\~\//$HOME/}")
            flag=''
        elif [[ $ended || $word != -?* ]]; then
            if _fnrun_verbs "$verb" >/dev/null; then verb=${verb:+$verb }$word; else place=$((place + 1)); fi
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $word == --home=* ]]; then
            home=("$word")
        elif _fnrun_value "$verb" "$word" >/dev/null; then
            flag=$word
        fi
    done

    local prefix=''
    if [[ ! $flag && ! $ended && $cur == --*=* ]]; then
        flag=${cur%%=*}
        prefix=$flag=
        cur=${cur#*=}
    fi
    if [[ $flag ]]; then
        kind=$(_fnrun_value "$verb" "$flag")
    elif [[ ! $ended && $cur == -* ]]; then
        kind=$(_fnrun_flags "$verb")
    else
        kind=$(_fnrun_verbs "$verb") || kind=$(_fnrun_value "$verb" "$place")
    fi

    local image=''
    if [[ $kind == %source ]]; then
        kind=%nothing
        if [[ $cur == *=* ]]; then
            prefix+=${cur%%=*}=
            cur=${cur#*=}
            kind=%file
            [[ image: == "$cur"* ]] && image=image:
        fi
        if [[ $kind == %file && $cur == image:* ]]; then
            prefix+=image:
            cur=${cur#image:}
            kind=%references
        fi
    fi
    case $kind in
        %nothing) ;;
        %file)
            compopt -o filenames
            while read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
            [[ $image ]] && COMPREPLY+=("$image") && compopt -o nospace
            ;;
        %directory)
            compopt -o filenames
            while read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$cur")
            ;;
        *)
            [[ $kind == %* ]] && kind=$("${words[0]/#\~\//$HOME/}" "${home[@]}" --generate "${kind#%}" 2>/dev/null)
            while read -r word; do
                [[ $word && $word == "$cur"* ]] && COMPREPLY+=("$word")
            done <<<"${kind// /$'\n'}"
            ;;
    esac

    # Bash replaces only what stands behind the last of its break characters.
    local breaks=${COMP_WORDBREAKS//[!:=@]/} whole=$prefix$cur
    COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
    [[ $breaks ]] && COMPREPLY=("${COMPREPLY[@]#"${whole%"${whole##*["$breaks"]}"}"}")
}

complete -F _fnrun fnrun
