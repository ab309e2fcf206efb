# Completion of fnrun for fish, made by 'fnrun --generate complete-fish'.

set -g __fnrun_valued --color --progress --home --lock-timeout --generate
set -g __fnrun_groups help 'function' 'help function' 'pool' 'help pool'

# The verb of the line that is completed, as far as it is there; fails if there is none yet.
function __fnrun_verb
    set -l words (commandline -opc)
    set -l verb
    set -e words[1]
    while set -q words[1]
        if contains -- $words[1] $__fnrun_valued
            set -e words[1]
        else if not string match -q -- '-*' $words[1]
            set -a verb $words[1]
            contains -- "$verb" $__fnrun_groups
            or break
        end
        set -e words[1]
    end
    set -q verb[1]
    and echo "$verb"
end

function __fnrun_verb_is
    test (__fnrun_verb; or echo) = "$argv"
end

function __fnrun_asked
    set -l words (commandline -opc)
    set -l home
    for i in (seq 2 (count $words))
        switch $words[$i]
            case --home
                set home --home $words[(math $i + 1)]
            case '--home=*'
                set home $words[$i]
        end
    end
    $words[1] $home --generate $argv[1] 2>/dev/null
end

# NAME=PATH, or NAME=image:REF.
function __fnrun_source
    set -l word (string replace -r -- '^--[a-z-]+=' '' (commandline -ct))
    set -l name (string match -r -- '^[^=]+=' $word)
    or return
    set -l source (string sub -s (math (string length -- $name) + 1) -- $word)
    if string match -q -- 'image:*' $source
        printf '%s\n' $name"image:"(__fnrun_asked references)
        return
    end
    echo $name"image:"
    for path in $source*
        test -d $path
        and echo $name$path/
        or echo $name$path
    end
end

complete -c fnrun -f
complete -c fnrun -s h -d 'show one screen of help'
complete -c fnrun -l help -d 'show all help, examples first'
complete -c fnrun -l json -d 'print one JSON document; errors are JSON too'
complete -c fnrun -l color -x -a 'auto always never' -d 'use colours: auto, always or never (NO_COLOR and FORCE_COLOR are honoured)'
complete -c fnrun -s q -l quiet -d 'print only what a script needs: no notes, no progress'
complete -c fnrun -s v -l verbose -d 'print more'
complete -c fnrun -l progress -x -a 'auto plain none json' -d 'progress on stderr: auto, plain, none or json (FN_PROGRESS)'
complete -c fnrun -l home -x -a '(__fish_complete_directories (commandline -ct))' -d 'the state directory (FN_HOME)'
complete -c fnrun -l lock-timeout -x -d 'how long to wait for another process (default: 30s; FN_LOCK_TIMEOUT)'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -l version -d 'print the version'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a run -d 'run one command in a sandbox'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a invoke -d 'send one event to a function and print its response'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a serve -d 'serve a function as a Lambda endpoint on this machine'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a start -d 'start an instance that waits for calls'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a ps -d 'list running instances'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a logs -d 'print what an instance\'s function wrote to its stdout and stderr'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a shell -d 'run a shell or another command in an instance'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a debug -d 'step through a function, or trace an instance from outside'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a pause -d 'stop an instance\'s processes where they are'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a resume -d 'let a paused instance continue'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a stop -d 'end instances'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a function -d 'set, show, ls, rm'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a pool -d 'start, stop'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a doctor -d 'show what this host allows, and how to fix the rest'
complete -c fnrun -n 'not __fnrun_verb >/dev/null' -a help -d 'explains a verb'
complete -c fnrun -n '__fnrun_verb_is help' -a run -d 'run one command in a sandbox'
complete -c fnrun -n '__fnrun_verb_is help' -a invoke -d 'send one event to a function and print its response'
complete -c fnrun -n '__fnrun_verb_is help' -a serve -d 'serve a function as a Lambda endpoint on this machine'
complete -c fnrun -n '__fnrun_verb_is help' -a start -d 'start an instance that waits for calls'
complete -c fnrun -n '__fnrun_verb_is help' -a ps -d 'list running instances'
complete -c fnrun -n '__fnrun_verb_is help' -a logs -d 'print what an instance\'s function wrote to its stdout and stderr'
complete -c fnrun -n '__fnrun_verb_is help' -a shell -d 'run a shell or another command in an instance'
complete -c fnrun -n '__fnrun_verb_is help' -a debug -d 'step through a function, or trace an instance from outside'
complete -c fnrun -n '__fnrun_verb_is help' -a pause -d 'stop an instance\'s processes where they are'
complete -c fnrun -n '__fnrun_verb_is help' -a resume -d 'let a paused instance continue'
complete -c fnrun -n '__fnrun_verb_is help' -a stop -d 'end instances'
complete -c fnrun -n '__fnrun_verb_is help' -a function -d 'set, show, ls, rm'
complete -c fnrun -n '__fnrun_verb_is help' -a pool -d 'start, stop'
complete -c fnrun -n '__fnrun_verb_is help' -a doctor -d 'show what this host allows, and how to fix the rest'
complete -c fnrun -n '__fnrun_verb_is function' -a set -d 'create a function from an image, or change its settings'
complete -c fnrun -n '__fnrun_verb_is function' -a show -d 'show all settings of a function'
complete -c fnrun -n '__fnrun_verb_is function' -a ls -d 'list the functions'
complete -c fnrun -n '__fnrun_verb_is function' -a rm -d 'remove functions; if one cannot be removed, none is'
complete -c fnrun -n '__fnrun_verb_is help function' -a set -d 'create a function from an image, or change its settings'
complete -c fnrun -n '__fnrun_verb_is help function' -a show -d 'show all settings of a function'
complete -c fnrun -n '__fnrun_verb_is help function' -a ls -d 'list the functions'
complete -c fnrun -n '__fnrun_verb_is help function' -a rm -d 'remove functions; if one cannot be removed, none is'
complete -c fnrun -n '__fnrun_verb_is pool' -a start -d 'keep network namespaces ready, so that sandboxes start faster'
complete -c fnrun -n '__fnrun_verb_is pool' -a stop -d 'stop the pool of network namespaces; succeeds if there is none'
complete -c fnrun -n '__fnrun_verb_is help pool' -a start -d 'keep network namespaces ready, so that sandboxes start faster'
complete -c fnrun -n '__fnrun_verb_is help pool' -a stop -d 'stop the pool of network namespaces; succeeds if there is none'
complete -c fnrun -n '__fnrun_verb_is run' -l memory -x -d 'limit of all processes together: 256M is 256 MiB, as in Lambda; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is run' -l cpus -x -d 'CPU time, in processors, such as 0.5; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is run' -l pids -x -d 'processes and threads (1024); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is run' -l timeout -x -d 'kill everything in the sandbox after this time; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is run' -l net -x -a 'none loopback host' -d 'none, a loopback of its own, or the host\'s network'
complete -c fnrun -n '__fnrun_verb_is run' -s e -l env -x -d 'set a variable; K alone passes on ours'
complete -c fnrun -n '__fnrun_verb_is run' -l mount -r -F -d 'mount a file or directory of the host'
complete -c fnrun -n '__fnrun_verb_is run' -l user -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is run' -s w -l workdir -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is run' -l writable -d 'allow changes to the root; they are discarded with the sandbox'
complete -c fnrun -n '__fnrun_verb_is run' -l tmp-size -x -d 'size of /tmp and all changes together (64M); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is run' -l seccomp -r -F -d 'default, strict, off or a file with an OCI profile'
complete -c fnrun -n '__fnrun_verb_is run' -l require -x -d 'fail unless these walls are up: seccomp,landlock,memory,..'
complete -c fnrun -n '__fnrun_verb_is run' -l publish -x -d 'reach the sandbox\'s last PORT at the first, on this machine'
complete -c fnrun -n '__fnrun_verb_is run' -l allow-remote -d 'allow an ADDR of --publish that other machines can reach'
complete -c fnrun -n '__fnrun_verb_is run' -l pool -x -a 'auto on off' -d 'auto: use the pool if it is running; on: start it (FN_POOL)'
complete -c fnrun -n '__fnrun_verb_is run' -l entrypoint -x -d 'override the image\'s; \'\' for none'
complete -c fnrun -n '__fnrun_verb_is run' -s T -l no-tty -d 'do not allocate a terminal, even if there is one here'
complete -c fnrun -n '__fnrun_verb_is run' -l timing -d 'show how long each step of this start took'
complete -c fnrun -n '__fnrun_verb_is run' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is run' -a '(__fnrun_asked references)'
complete -c fnrun -n '__fnrun_verb_is invoke' -s e -l event -r -F -d 'the event: JSON, a file with it (also @FILE), or - for stdin; without it, {}'
complete -c fnrun -n '__fnrun_verb_is invoke' -l raw -d 'accept any bytes as the event (protocol exec)'
complete -c fnrun -n '__fnrun_verb_is invoke' -l handler -x -d 'what the runtime calls (protocol lambda)'
complete -c fnrun -n '__fnrun_verb_is invoke' -l keep-alive -x -d 'of an image: how long its instance waits for more calls'
complete -c fnrun -n '__fnrun_verb_is invoke' -l timing -d 'show how long each step of the start took'
complete -c fnrun -n '__fnrun_verb_is invoke' -l protocol -x -a 'auto exec lambda' -d 'exec, lambda, or auto: lambda if the image has a bootstrap and no entrypoint'
complete -c fnrun -n '__fnrun_verb_is invoke' -l init-timeout -x -d 'init of a Lambda runtime (10s); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is invoke' -l freeze -d 'freeze instances between calls, as the service does'
complete -c fnrun -n '__fnrun_verb_is invoke' -l entrypoint -x -d 'override the image\'s; \'\' for none'
complete -c fnrun -n '__fnrun_verb_is invoke' -l memory -x -d 'limit of all processes together: 256M is 256 MiB, as in Lambda; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is invoke' -l cpus -x -d 'CPU time, in processors, such as 0.5; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is invoke' -l pids -x -d 'processes and threads (1024); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is invoke' -l timeout -x -d 'kill everything in the sandbox after this time; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is invoke' -l net -x -a 'none loopback host' -d 'none, a loopback of its own, or the host\'s network'
complete -c fnrun -n '__fnrun_verb_is invoke' -l env -x -d 'set a variable; K alone passes on ours'
complete -c fnrun -n '__fnrun_verb_is invoke' -l mount -r -F -d 'mount a file or directory of the host'
complete -c fnrun -n '__fnrun_verb_is invoke' -l user -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is invoke' -s w -l workdir -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is invoke' -l writable -d 'allow changes to the root; they are discarded with the sandbox'
complete -c fnrun -n '__fnrun_verb_is invoke' -l tmp-size -x -d 'size of /tmp and all changes together (64M); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is invoke' -l seccomp -r -F -d 'default, strict, off or a file with an OCI profile'
complete -c fnrun -n '__fnrun_verb_is invoke' -l require -x -d 'fail unless these walls are up: seccomp,landlock,memory,..'
complete -c fnrun -n '__fnrun_verb_is invoke' -l publish -x -d 'reach the sandbox\'s last PORT at the first, on this machine'
complete -c fnrun -n '__fnrun_verb_is invoke' -l allow-remote -d 'allow an ADDR of --publish that other machines can reach'
complete -c fnrun -n '__fnrun_verb_is invoke' -l pool -x -a 'auto on off' -d 'auto: use the pool if it is running; on: start it (FN_POOL)'
complete -c fnrun -n '__fnrun_verb_is invoke' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is invoke' -a '(__fnrun_asked functions)'
complete -c fnrun -n '__fnrun_verb_is serve' -s l -l listen -x -d 'address to listen on (127.0.0.1:9000); port 0: any free port'
complete -c fnrun -n '__fnrun_verb_is serve' -l allow-remote -d 'allow calls from other machines, without authentication'
complete -c fnrun -n '__fnrun_verb_is serve' -l allow-pages -d 'allow calls from web pages in a browser'
complete -c fnrun -n '__fnrun_verb_is serve' -l url-events -d 'any HTTP request is a call, as to a function URL'
complete -c fnrun -n '__fnrun_verb_is serve' -l watch -d 'changed code and moved tags are for the next call'
complete -c fnrun -n '__fnrun_verb_is serve' -l concurrency -x -d 'concurrent calls, each in its own instance (default: number of processors); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is serve' -l queue -x -d 'calls that may wait for an instance (100); any more get 429'
complete -c fnrun -n '__fnrun_verb_is serve' -l keep-alive -x -d 'how long an instance waits for the next call (5m); 0: not at all'
complete -c fnrun -n '__fnrun_verb_is serve' -l status -x -a 'aws honest' -d 'status of failed calls: 200 like the service (aws), or 502, 504, 507 (honest; default for exec)'
complete -c fnrun -n '__fnrun_verb_is serve' -l grace -x -d 'time for calls in flight when it is told to stop (5s)'
complete -c fnrun -n '__fnrun_verb_is serve' -l for -x -d 'stop after this time'
complete -c fnrun -n '__fnrun_verb_is serve' -l handler -x -d 'what a Lambda runtime calls'
complete -c fnrun -n '__fnrun_verb_is serve' -l protocol -x -a 'auto exec lambda' -d 'exec, lambda, or auto: lambda if the image has a bootstrap and no entrypoint'
complete -c fnrun -n '__fnrun_verb_is serve' -l init-timeout -x -d 'init of a Lambda runtime (10s); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is serve' -l freeze -d 'freeze instances between calls, as the service does'
complete -c fnrun -n '__fnrun_verb_is serve' -l entrypoint -x -d 'override the image\'s; \'\' for none'
complete -c fnrun -n '__fnrun_verb_is serve' -l memory -x -d 'limit of all processes together: 256M is 256 MiB, as in Lambda; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is serve' -l cpus -x -d 'CPU time, in processors, such as 0.5; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is serve' -l pids -x -d 'processes and threads (1024); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is serve' -l timeout -x -d 'kill everything in the sandbox after this time; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is serve' -l net -x -a 'none loopback host' -d 'none, a loopback of its own, or the host\'s network'
complete -c fnrun -n '__fnrun_verb_is serve' -s e -l env -x -d 'set a variable; K alone passes on ours'
complete -c fnrun -n '__fnrun_verb_is serve' -l mount -r -F -d 'mount a file or directory of the host'
complete -c fnrun -n '__fnrun_verb_is serve' -l user -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is serve' -s w -l workdir -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is serve' -l writable -d 'allow changes to the root; they are discarded with the sandbox'
complete -c fnrun -n '__fnrun_verb_is serve' -l tmp-size -x -d 'size of /tmp and all changes together (64M); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is serve' -l seccomp -r -F -d 'default, strict, off or a file with an OCI profile'
complete -c fnrun -n '__fnrun_verb_is serve' -l require -x -d 'fail unless these walls are up: seccomp,landlock,memory,..'
complete -c fnrun -n '__fnrun_verb_is serve' -l publish -x -d 'reach the sandbox\'s last PORT at the first, on this machine'
complete -c fnrun -n '__fnrun_verb_is serve' -l pool -x -a 'auto on off' -d 'auto: use the pool if it is running; on: start it (FN_POOL)'
complete -c fnrun -n '__fnrun_verb_is serve' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is serve' -a '(__fnrun_asked functions)'
complete -c fnrun -n '__fnrun_verb_is start' -l handler -x -d 'what the runtime calls (protocol lambda)'
complete -c fnrun -n '__fnrun_verb_is start' -l keep-alive -x -d 'how long it waits for the next call (an image: forever)'
complete -c fnrun -n '__fnrun_verb_is start' -l protocol -x -a 'auto exec lambda' -d 'exec, lambda, or auto: lambda if the image has a bootstrap and no entrypoint'
complete -c fnrun -n '__fnrun_verb_is start' -l init-timeout -x -d 'init of a Lambda runtime (10s); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is start' -l freeze -d 'freeze instances between calls, as the service does'
complete -c fnrun -n '__fnrun_verb_is start' -l entrypoint -x -d 'override the image\'s; \'\' for none'
complete -c fnrun -n '__fnrun_verb_is start' -l memory -x -d 'limit of all processes together: 256M is 256 MiB, as in Lambda; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is start' -l cpus -x -d 'CPU time, in processors, such as 0.5; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is start' -l pids -x -d 'processes and threads (1024); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is start' -l timeout -x -d 'kill everything in the sandbox after this time; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is start' -l net -x -a 'none loopback host' -d 'none, a loopback of its own, or the host\'s network'
complete -c fnrun -n '__fnrun_verb_is start' -s e -l env -x -d 'set a variable; K alone passes on ours'
complete -c fnrun -n '__fnrun_verb_is start' -l mount -r -F -d 'mount a file or directory of the host'
complete -c fnrun -n '__fnrun_verb_is start' -l user -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is start' -s w -l workdir -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is start' -l writable -d 'allow changes to the root; they are discarded with the sandbox'
complete -c fnrun -n '__fnrun_verb_is start' -l tmp-size -x -d 'size of /tmp and all changes together (64M); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is start' -l seccomp -r -F -d 'default, strict, off or a file with an OCI profile'
complete -c fnrun -n '__fnrun_verb_is start' -l require -x -d 'fail unless these walls are up: seccomp,landlock,memory,..'
complete -c fnrun -n '__fnrun_verb_is start' -l publish -x -d 'reach the sandbox\'s last PORT at the first, on this machine'
complete -c fnrun -n '__fnrun_verb_is start' -l allow-remote -d 'allow an ADDR of --publish that other machines can reach'
complete -c fnrun -n '__fnrun_verb_is start' -l pool -x -a 'auto on off' -d 'auto: use the pool if it is running; on: start it (FN_POOL)'
complete -c fnrun -n '__fnrun_verb_is start' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is start' -a '(__fnrun_asked functions)'
complete -c fnrun -n '__fnrun_verb_is logs' -s f -l follow -d 'follow until the instance ends'
complete -c fnrun -n '__fnrun_verb_is logs' -s n -l lines -x -d 'start with the last N lines'
complete -c fnrun -n '__fnrun_verb_is logs' -a '(__fnrun_asked instances)'
complete -c fnrun -n '__fnrun_verb_is shell' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is shell' -a '(__fnrun_asked instances)'
complete -c fnrun -n '__fnrun_verb_is debug' -l with -x -a 'strace gdb node python' -d 'strace (default) or gdb for an instance; node, python or gdb to start a function with'
complete -c fnrun -n '__fnrun_verb_is debug' -s e -l event -r -F -d 'of a function: the event, as for \'invoke\'; without it, {}'
complete -c fnrun -n '__fnrun_verb_is debug' -s l -l listen -x -d 'where its debugger is reached (9229 node, 5678 python, 2345 gdb); 0: any free port'
complete -c fnrun -n '__fnrun_verb_is debug' -l handler -x -d 'what the runtime calls (protocol lambda)'
complete -c fnrun -n '__fnrun_verb_is debug' -l protocol -x -a 'auto exec lambda' -d 'exec, lambda, or auto: lambda if the image has a bootstrap and no entrypoint'
complete -c fnrun -n '__fnrun_verb_is debug' -l init-timeout -x -d 'init of a Lambda runtime (10s); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is debug' -l entrypoint -x -d 'override the image\'s; \'\' for none'
complete -c fnrun -n '__fnrun_verb_is debug' -l memory -x -d 'limit of all processes together: 256M is 256 MiB, as in Lambda; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is debug' -l cpus -x -d 'CPU time, in processors, such as 0.5; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is debug' -l pids -x -d 'processes and threads (1024); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is debug' -l timeout -x -d 'kill everything in the sandbox after this time; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is debug' -l net -x -a 'none loopback host' -d 'none, a loopback of its own, or the host\'s network'
complete -c fnrun -n '__fnrun_verb_is debug' -l env -x -d 'set a variable; K alone passes on ours'
complete -c fnrun -n '__fnrun_verb_is debug' -l mount -r -F -d 'mount a file or directory of the host'
complete -c fnrun -n '__fnrun_verb_is debug' -l user -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is debug' -s w -l workdir -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is debug' -l writable -d 'allow changes to the root; they are discarded with the sandbox'
complete -c fnrun -n '__fnrun_verb_is debug' -l tmp-size -x -d 'size of /tmp and all changes together (64M); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is debug' -l seccomp -r -F -d 'default, strict, off or a file with an OCI profile'
complete -c fnrun -n '__fnrun_verb_is debug' -l require -x -d 'fail unless these walls are up: seccomp,landlock,memory,..'
complete -c fnrun -n '__fnrun_verb_is debug' -l publish -x -d 'reach the sandbox\'s last PORT at the first, on this machine'
complete -c fnrun -n '__fnrun_verb_is debug' -l allow-remote -d 'allow an ADDR of --publish that other machines can reach'
complete -c fnrun -n '__fnrun_verb_is debug' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is debug' -a '(__fnrun_asked functions)'
complete -c fnrun -n '__fnrun_verb_is pause' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is pause' -a '(__fnrun_asked instances)'
complete -c fnrun -n '__fnrun_verb_is resume' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is resume' -a '(__fnrun_asked instances)'
complete -c fnrun -n '__fnrun_verb_is stop' -l all -d 'every instance'
complete -c fnrun -n '__fnrun_verb_is stop' -l grace -x -d 'time between SIGTERM and SIGKILL (2s)'
complete -c fnrun -n '__fnrun_verb_is stop' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is stop' -a '(__fnrun_asked instances)'
complete -c fnrun -n '__fnrun_verb_is function set' -l memory -x -d 'limit of all processes together: 256M is 256 MiB, as in Lambda; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is function set' -l cpus -x -d 'CPU time, in processors, such as 0.5; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is function set' -l pids -x -d 'processes and threads (1024); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is function set' -l timeout -x -d 'kill everything in the sandbox after this time; 0: no limit'
complete -c fnrun -n '__fnrun_verb_is function set' -l net -x -a 'none loopback host' -d 'none, a loopback of its own, or the host\'s network'
complete -c fnrun -n '__fnrun_verb_is function set' -s e -l env -x -d 'set a variable; K alone passes on ours'
complete -c fnrun -n '__fnrun_verb_is function set' -l mount -r -F -d 'mount a file or directory of the host'
complete -c fnrun -n '__fnrun_verb_is function set' -l user -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is function set' -s w -l workdir -x -d 'override the image\'s'
complete -c fnrun -n '__fnrun_verb_is function set' -l writable -d 'allow changes to the root; they are discarded with the sandbox'
complete -c fnrun -n '__fnrun_verb_is function set' -l tmp-size -x -d 'size of /tmp and all changes together (64M); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is function set' -l seccomp -r -F -d 'default, strict, off or a file with an OCI profile'
complete -c fnrun -n '__fnrun_verb_is function set' -l require -x -d 'fail unless these walls are up: seccomp,landlock,memory,..'
complete -c fnrun -n '__fnrun_verb_is function set' -l publish -x -d 'reach the sandbox\'s last PORT at the first, on this machine'
complete -c fnrun -n '__fnrun_verb_is function set' -l allow-remote -d 'allow an ADDR of --publish that other machines can reach'
complete -c fnrun -n '__fnrun_verb_is function set' -l protocol -x -a 'auto exec lambda' -d 'exec, lambda, or auto: lambda if the image has a bootstrap and no entrypoint'
complete -c fnrun -n '__fnrun_verb_is function set' -l init-timeout -x -d 'init of a Lambda runtime (10s); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is function set' -l freeze -d 'freeze instances between calls, as the service does'
complete -c fnrun -n '__fnrun_verb_is function set' -l entrypoint -x -d 'override the image\'s; \'\' for none'
complete -c fnrun -n '__fnrun_verb_is function set' -l handler -x -d 'what the runtime calls (protocol lambda)'
complete -c fnrun -n '__fnrun_verb_is function set' -l command -x -d 'a word of the command, as after \'--\''
complete -c fnrun -n '__fnrun_verb_is function set' -l keep-alive -x -d 'how long an instance waits for the next call (new: 5m)'
complete -c fnrun -n '__fnrun_verb_is function set' -l concurrency -x -d 'concurrent calls (new: no limit); 0: no limit'
complete -c fnrun -n '__fnrun_verb_is function set' -l unset-env -x -d 'remove an environment variable'
complete -c fnrun -n '__fnrun_verb_is function set' -l reset -x -a 'memory timeout init-timeout cpus pids net protocol handler entrypoint command keep-alive concurrency env mount publish user workdir writable freeze tmp-size seccomp require' -d 'back to what a new function has: memory, mount, writable, ..'
complete -c fnrun -n '__fnrun_verb_is function set' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is function set' -a '(__fnrun_asked functions)'
complete -c fnrun -n '__fnrun_verb_is function set' -a '(__fnrun_asked references)'
complete -c fnrun -n '__fnrun_verb_is function show' -a '(__fnrun_asked functions)'
complete -c fnrun -n '__fnrun_verb_is function rm' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is function rm' -a '(__fnrun_asked functions)'
complete -c fnrun -n '__fnrun_verb_is pool start' -l size -x -d 'ready namespaces of each kind (8)'
complete -c fnrun -n '__fnrun_verb_is pool start' -l idle -x -d 'exit after this long without a start (60s)'
complete -c fnrun -n '__fnrun_verb_is pool start' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnrun -n '__fnrun_verb_is pool stop' -s n -l dry-run -d 'show what would be done, and change nothing'
