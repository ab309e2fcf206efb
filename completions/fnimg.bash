# shellcheck shell=bash
# Completion of fnimg for bash, made by 'fnimg --generate complete-bash'.

# The words that may follow $1 (the words of the verb so far). Fails if $1 is a complete verb.
_fnimg_verbs() {
    case $1 in
        '') echo 'build ls inspect files cat history size why find diff unpack import export tag rm update rollback outdated compat gc fsck explain-digest channel help' ;;
        'help') echo 'build ls inspect files cat history size why find diff unpack import export tag rm update rollback outdated compat gc fsck explain-digest channel' ;;
        'channel' | 'help channel') echo 'publish ls show follow pin hold rm' ;;
        *) return 1 ;;
    esac
}

_fnimg_flags() {
    case $1 in
        '') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --version' ;;
        'build') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --tag --file --layer --into --follow --remove --from --entrypoint --cmd --env --workdir --user --port --volume --stop-signal --author --label --annotation --platform --compression --include --exclude --owner --times --time --bytecode --accounts --digest-file --jobs --dry-run' ;;
        'ls') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout' ;;
        'inspect') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --manifest --config' ;;
        'files') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --layer --max-bytes --max-ratio --max-entries' ;;
        'cat') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --max-bytes --max-ratio --max-entries' ;;
        'history') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --updates' ;;
        'size') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --by --depth --top --budget --max-bytes --max-ratio --max-entries' ;;
        'why') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --max-bytes --max-ratio --max-entries' ;;
        'find') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --image --max-bytes --max-ratio --max-entries' ;;
        'diff') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --by --ignore --patch --markdown --exit-code --budget --image --platform --max-bytes --max-ratio --max-entries' ;;
        'unpack') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --max-bytes --max-ratio --max-entries --dry-run' ;;
        'import') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --tag --image --platform --max-bytes --max-ratio --max-entries --dry-run' ;;
        'export') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --output --format --max-bytes --max-ratio --max-entries --dry-run' ;;
        'tag') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --dry-run' ;;
        'rm') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --dry-run' ;;
        'update') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --tag --layer --channel --all --allow-rollback --compression --keep --dry-run' ;;
        'rollback') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --to --keep --dry-run' ;;
        'outdated') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --exit-code' ;;
        'compat') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --layer --markdown --image --platform --max-bytes --max-ratio --max-entries' ;;
        'gc') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --reindex --dry-run' ;;
        'fsck') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --read-data --max-bytes --max-ratio --max-entries' ;;
        'explain-digest') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --all --image --platform --max-bytes --max-ratio --max-entries' ;;
        'channel publish') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --version --compression --platform --dry-run' ;;
        'channel ls') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout' ;;
        'channel show') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout' ;;
        'channel follow') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --dry-run' ;;
        'channel pin') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --off --dry-run' ;;
        'channel hold') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --off --dry-run' ;;
        'channel rm') echo '-h --help --json --color --quiet --verbose --progress --home --lock-timeout --dry-run' ;;
    esac
}

# What goes in place $2 of verb $1 (the value of that flag, or the argument of that number): words, or a kind of thing.
# Fails where nothing is expected.
_fnimg_value() {
    case "$1 $2" in
        *' --color') echo 'auto always never' ;;
        *' --progress') echo 'auto plain none json' ;;
        *' --home') echo '%directory' ;;
        *' --lock-timeout') echo '' ;;
        'build -t' | 'build --tag') echo '%references' ;;
        'build -f' | 'build --file') echo '%file' ;;
        'build --layer') echo '%source' ;;
        'build --into') echo '' ;;
        'build --follow') echo '' ;;
        'build --remove') echo '' ;;
        'build --from') echo '%references' ;;
        'build --entrypoint') echo '' ;;
        'build --cmd') echo '' ;;
        'build --env') echo '' ;;
        'build --workdir') echo '' ;;
        'build --user') echo '' ;;
        'build --port') echo '' ;;
        'build --volume') echo '' ;;
        'build --stop-signal') echo '' ;;
        'build --author') echo '' ;;
        'build --label') echo '' ;;
        'build --annotation') echo '' ;;
        'build --platform') echo '' ;;
        'build --compression') echo 'gzip gzip:1 gzip:9 zstd zstd:1 zstd:19 none' ;;
        'build --include') echo '' ;;
        'build --exclude') echo '' ;;
        'build --owner') echo '' ;;
        'build --times') echo 'clamp keep' ;;
        'build --time') echo '' ;;
        'build --bytecode') echo 'match keep' ;;
        'build --digest-file') echo '%file' ;;
        'build --jobs') echo '' ;;
        'inspect 0') echo '%references' ;;
        'files --layer') echo '' ;;
        'files --max-bytes') echo '' ;;
        'files --max-ratio') echo '' ;;
        'files --max-entries') echo '' ;;
        'files 0') echo '%references' ;;
        'files 1') echo '' ;;
        'cat --max-bytes') echo '' ;;
        'cat --max-ratio') echo '' ;;
        'cat --max-entries') echo '' ;;
        'cat 0') echo '%references' ;;
        'cat 1') echo '' ;;
        'history 0') echo '%references' ;;
        'size --by') echo 'layer directory package' ;;
        'size --depth') echo '' ;;
        'size --top') echo '' ;;
        'size --budget') echo '%file' ;;
        'size --max-bytes') echo '' ;;
        'size --max-ratio') echo '' ;;
        'size --max-entries') echo '' ;;
        'size 0') echo '%references' ;;
        'why --max-bytes') echo '' ;;
        'why --max-ratio') echo '' ;;
        'why --max-entries') echo '' ;;
        'why 0') echo '%references' ;;
        'why 1') echo '' ;;
        'find --image') echo '%references' ;;
        'find --max-bytes') echo '' ;;
        'find --max-ratio') echo '' ;;
        'find --max-entries') echo '' ;;
        'find '[0-9]*) echo '' ;;
        'diff --by') echo 'config layer package file chunk' ;;
        'diff --ignore') echo 'time owner mode xattrs names' ;;
        'diff --budget') echo '%file' ;;
        'diff --image') echo '' ;;
        'diff --platform') echo '' ;;
        'diff --max-bytes') echo '' ;;
        'diff --max-ratio') echo '' ;;
        'diff --max-entries') echo '' ;;
        'diff 0') echo '%references' ;;
        'diff 1') echo '%references' ;;
        'unpack --max-bytes') echo '' ;;
        'unpack --max-ratio') echo '' ;;
        'unpack --max-entries') echo '' ;;
        'unpack 0') echo '%references' ;;
        'unpack 1') echo '%directory' ;;
        'unpack '[0-9]*) echo '' ;;
        'import -t' | 'import --tag') echo '%references' ;;
        'import --image') echo '' ;;
        'import --platform') echo '' ;;
        'import --max-bytes') echo '' ;;
        'import --max-ratio') echo '' ;;
        'import --max-entries') echo '' ;;
        'import 0') echo '%file' ;;
        'export -o' | 'export --output') echo '%file' ;;
        'export --format') echo 'oci-archive docker-archive oci-dir' ;;
        'export --max-bytes') echo '' ;;
        'export --max-ratio') echo '' ;;
        'export --max-entries') echo '' ;;
        'export 0') echo '%references' ;;
        'export 1') echo '%references' ;;
        'tag 0') echo '%references' ;;
        'tag '[0-9]*) echo '' ;;
        'rm '[0-9]*) echo '%references' ;;
        'update -t' | 'update --tag') echo '' ;;
        'update --layer') echo '%source' ;;
        'update --channel') echo '%channels' ;;
        'update --compression') echo 'gzip gzip:4 zstd zstd:3 none' ;;
        'update --keep') echo '' ;;
        'update 0') echo '%references' ;;
        'rollback --to') echo '' ;;
        'rollback --keep') echo '' ;;
        'rollback 0') echo '%references' ;;
        'outdated 0') echo '%references' ;;
        'compat --layer') echo '%source' ;;
        'compat --image') echo '' ;;
        'compat --platform') echo '' ;;
        'compat --max-bytes') echo '' ;;
        'compat --max-ratio') echo '' ;;
        'compat --max-entries') echo '' ;;
        'compat 0') echo '%references' ;;
        'compat 1') echo '%references' ;;
        'fsck --max-bytes') echo '' ;;
        'fsck --max-ratio') echo '' ;;
        'fsck --max-entries') echo '' ;;
        'explain-digest --image') echo '' ;;
        'explain-digest --platform') echo '' ;;
        'explain-digest --max-bytes') echo '' ;;
        'explain-digest --max-ratio') echo '' ;;
        'explain-digest --max-entries') echo '' ;;
        'explain-digest 0') echo '%references' ;;
        'explain-digest 1') echo '%references' ;;
        'channel publish --version') echo '' ;;
        'channel publish --compression') echo 'gzip gzip:4 zstd zstd:3 none' ;;
        'channel publish --platform') echo '' ;;
        'channel publish 0') echo '%channels' ;;
        'channel publish '[0-9]*) echo '%file' ;;
        'channel show 0') echo '%channels' ;;
        'channel follow 0') echo '%references' ;;
        'channel follow '[0-9]*) echo '' ;;
        'channel pin 0') echo '%channels' ;;
        'channel pin 1') echo '' ;;
        'channel hold 0') echo '%channels' ;;
        'channel rm 0') echo '%channels' ;;
        *) return 1 ;;
    esac
}

_fnimg() {
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
            if _fnimg_verbs "$verb" >/dev/null; then verb=${verb:+$verb }$word; else place=$((place + 1)); fi
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $word == --home=* ]]; then
            home=("$word")
        elif _fnimg_value "$verb" "$word" >/dev/null; then
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
        kind=$(_fnimg_value "$verb" "$flag")
    elif [[ ! $ended && $cur == -* ]]; then
        kind=$(_fnimg_flags "$verb")
    else
        kind=$(_fnimg_verbs "$verb") || kind=$(_fnimg_value "$verb" "$place")
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

complete -F _fnimg fnimg
