# Completion of fnimg for fish, made by 'fnimg --generate complete-fish'.

set -g __fnimg_valued --color --progress --home --lock-timeout --generate
set -g __fnimg_groups help 'channel' 'help channel'

# The verb of the line that is completed, as far as it is there; fails if there is none yet.
function __fnimg_verb
    set -l words (commandline -opc)
    set -l verb
    set -e words[1]
    while set -q words[1]
        if contains -- $words[1] $__fnimg_valued
            set -e words[1]
        else if not string match -q -- '-*' $words[1]
            set -a verb $words[1]
            contains -- "$verb" $__fnimg_groups
            or break
        end
        set -e words[1]
    end
    set -q verb[1]
    and echo "$verb"
end

function __fnimg_verb_is
    test (__fnimg_verb; or echo) = "$argv"
end

function __fnimg_asked
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
function __fnimg_source
    set -l word (string replace -r -- '^--[a-z-]+=' '' (commandline -ct))
    set -l name (string match -r -- '^[^=]+=' $word)
    or return
    set -l source (string sub -s (math (string length -- $name) + 1) -- $word)
    if string match -q -- 'image:*' $source
        printf '%s\n' $name"image:"(__fnimg_asked references)
        return
    end
    echo $name"image:"
    for path in $source*
        test -d $path
        and echo $name$path/
        or echo $name$path
    end
end

complete -c fnimg -f
complete -c fnimg -s h -d 'show one screen of help'
complete -c fnimg -l help -d 'show all help, examples first'
complete -c fnimg -l json -d 'print one JSON document; errors are JSON too'
complete -c fnimg -l color -x -a 'auto always never' -d 'use colours: auto, always or never (NO_COLOR and FORCE_COLOR are honoured)'
complete -c fnimg -s q -l quiet -d 'print only what a script needs: no notes, no progress'
complete -c fnimg -s v -l verbose -d 'print more'
complete -c fnimg -l progress -x -a 'auto plain none json' -d 'progress on stderr: auto, plain, none or json (FN_PROGRESS)'
complete -c fnimg -l home -x -a '(__fish_complete_directories (commandline -ct))' -d 'the state directory (FN_HOME)'
complete -c fnimg -l lock-timeout -x -d 'how long to wait for another process (default: 30s; FN_LOCK_TIMEOUT)'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -l version -d 'print the version'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a build -d 'build an image from directories, archives and other images'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a ls -d 'list images'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a inspect -d 'show an image\'s configuration and layers'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a files -d 'list the files of an image or of one of its layers'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a cat -d 'print a file from an image'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a history -d 'show how an image was built, newest step last'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a size -d 'show where an image\'s bytes go and what is wasted, and check a budget'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a why -d 'show which layers added, changed or deleted a path, and how'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a find -d 'find a file or blob in all images, by path or digest'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a diff -d 'show how two images differ: config, layers, packages, files, chunks'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a unpack -d 'write an image\'s files into a directory'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a import -d 'import an image from an OCI layout, oci-archive or docker-archive'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a export -d 'write an image as an archive or an OCI layout'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a tag -d 'give an image additional names'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a rm -d 'remove references to images; if one cannot be removed, none is'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a update -d 'give images the new versions of the channels that their layers follow'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a rollback -d 'let a reference name the image again that it named before an update'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a outdated -d 'list the layers for which their channel has another version'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a compat -d 'check whether what worked in an image works in another one'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a gc -d 'remove what no image needs'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a fsck -d 'check the integrity of the state'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a explain-digest -d 'explain why two digests differ: which time, owner, order, header or codec'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a channel -d 'publish, ls, show, follow, pin, hold, rm'
complete -c fnimg -n 'not __fnimg_verb >/dev/null' -a help -d 'explains a verb'
complete -c fnimg -n '__fnimg_verb_is help' -a build -d 'build an image from directories, archives and other images'
complete -c fnimg -n '__fnimg_verb_is help' -a ls -d 'list images'
complete -c fnimg -n '__fnimg_verb_is help' -a inspect -d 'show an image\'s configuration and layers'
complete -c fnimg -n '__fnimg_verb_is help' -a files -d 'list the files of an image or of one of its layers'
complete -c fnimg -n '__fnimg_verb_is help' -a cat -d 'print a file from an image'
complete -c fnimg -n '__fnimg_verb_is help' -a history -d 'show how an image was built, newest step last'
complete -c fnimg -n '__fnimg_verb_is help' -a size -d 'show where an image\'s bytes go and what is wasted, and check a budget'
complete -c fnimg -n '__fnimg_verb_is help' -a why -d 'show which layers added, changed or deleted a path, and how'
complete -c fnimg -n '__fnimg_verb_is help' -a find -d 'find a file or blob in all images, by path or digest'
complete -c fnimg -n '__fnimg_verb_is help' -a diff -d 'show how two images differ: config, layers, packages, files, chunks'
complete -c fnimg -n '__fnimg_verb_is help' -a unpack -d 'write an image\'s files into a directory'
complete -c fnimg -n '__fnimg_verb_is help' -a import -d 'import an image from an OCI layout, oci-archive or docker-archive'
complete -c fnimg -n '__fnimg_verb_is help' -a export -d 'write an image as an archive or an OCI layout'
complete -c fnimg -n '__fnimg_verb_is help' -a tag -d 'give an image additional names'
complete -c fnimg -n '__fnimg_verb_is help' -a rm -d 'remove references to images; if one cannot be removed, none is'
complete -c fnimg -n '__fnimg_verb_is help' -a update -d 'give images the new versions of the channels that their layers follow'
complete -c fnimg -n '__fnimg_verb_is help' -a rollback -d 'let a reference name the image again that it named before an update'
complete -c fnimg -n '__fnimg_verb_is help' -a outdated -d 'list the layers for which their channel has another version'
complete -c fnimg -n '__fnimg_verb_is help' -a compat -d 'check whether what worked in an image works in another one'
complete -c fnimg -n '__fnimg_verb_is help' -a gc -d 'remove what no image needs'
complete -c fnimg -n '__fnimg_verb_is help' -a fsck -d 'check the integrity of the state'
complete -c fnimg -n '__fnimg_verb_is help' -a explain-digest -d 'explain why two digests differ: which time, owner, order, header or codec'
complete -c fnimg -n '__fnimg_verb_is help' -a channel -d 'publish, ls, show, follow, pin, hold, rm'
complete -c fnimg -n '__fnimg_verb_is channel' -a publish -d 'publish a version of a layer, for images that follow the channel'
complete -c fnimg -n '__fnimg_verb_is channel' -a ls -d 'list the channels'
complete -c fnimg -n '__fnimg_verb_is channel' -a show -d 'show a channel\'s versions, and the images that have each'
complete -c fnimg -n '__fnimg_verb_is channel' -a follow -d 'let layers of an image follow a channel'
complete -c fnimg -n '__fnimg_verb_is channel' -a pin -d 'give followers one version of a channel, whatever is newer'
complete -c fnimg -n '__fnimg_verb_is channel' -a hold -d 'give followers no version of a channel for the time being'
complete -c fnimg -n '__fnimg_verb_is channel' -a rm -d 'remove a channel, or one of its versions'
complete -c fnimg -n '__fnimg_verb_is help channel' -a publish -d 'publish a version of a layer, for images that follow the channel'
complete -c fnimg -n '__fnimg_verb_is help channel' -a ls -d 'list the channels'
complete -c fnimg -n '__fnimg_verb_is help channel' -a show -d 'show a channel\'s versions, and the images that have each'
complete -c fnimg -n '__fnimg_verb_is help channel' -a follow -d 'let layers of an image follow a channel'
complete -c fnimg -n '__fnimg_verb_is help channel' -a pin -d 'give followers one version of a channel, whatever is newer'
complete -c fnimg -n '__fnimg_verb_is help channel' -a hold -d 'give followers no version of a channel for the time being'
complete -c fnimg -n '__fnimg_verb_is help channel' -a rm -d 'remove a channel, or one of its versions'
complete -c fnimg -n '__fnimg_verb_is build' -s t -l tag -x -a '(__fnimg_asked references)' -d 'name the image NAME:TAG'
complete -c fnimg -n '__fnimg_verb_is build' -s f -l file -r -F -d 'read the recipe from FILE (- is stdin; default: fnimg.toml, if it is here); flags override it'
complete -c fnimg -n '__fnimg_verb_is build' -l layer -x -a '(__fnimg_source)' -d 'a layer from DIR, FILE, -, image:REF[#LAYER] or delta:DIR; repeat NAME to add to it'
complete -c fnimg -n '__fnimg_verb_is build' -l into -x -d 'put the files of layer NAME below DIR of the image'
complete -c fnimg -n '__fnimg_verb_is build' -l follow -x -d 'let layer NAME follow CHANNEL'
complete -c fnimg -n '__fnimg_verb_is build' -l remove -x -d 'let layer NAME delete PATH from the layers below'
complete -c fnimg -n '__fnimg_verb_is build' -l from -x -a '(__fnimg_asked references)' -d 'build on this image'
complete -c fnimg -n '__fnimg_verb_is build' -l entrypoint -x -d 'the program to run; repeat for its fixed arguments'
complete -c fnimg -n '__fnimg_verb_is build' -l cmd -x -d 'a default argument'
complete -c fnimg -n '__fnimg_verb_is build' -l env -x -d 'set an environment variable'
complete -c fnimg -n '__fnimg_verb_is build' -l workdir -x -d 'working directory'
complete -c fnimg -n '__fnimg_verb_is build' -l user -x -d 'user the program runs as'
complete -c fnimg -n '__fnimg_verb_is build' -l port -x -d 'a port that the program listens on'
complete -c fnimg -n '__fnimg_verb_is build' -l volume -x -d 'a directory for data'
complete -c fnimg -n '__fnimg_verb_is build' -l stop-signal -x -d 'signal that stops the program'
complete -c fnimg -n '__fnimg_verb_is build' -l author -x -d 'who maintains the image'
complete -c fnimg -n '__fnimg_verb_is build' -l label -x -d 'a label of the config'
complete -c fnimg -n '__fnimg_verb_is build' -l annotation -x -d 'an annotation of the manifest'
complete -c fnimg -n '__fnimg_verb_is build' -l platform -x -d 'platform (default: the base\'s, else this host\'s)'
complete -c fnimg -n '__fnimg_verb_is build' -l compression -x -a 'gzip gzip:1 gzip:9 zstd zstd:1 zstd:19 none' -d 'gzip[:1-12] (default gzip:4), zstd[:1-19], none'
complete -c fnimg -n '__fnimg_verb_is build' -l include -x -d 'include only what matches, in layers given by --layer'
complete -c fnimg -n '__fnimg_verb_is build' -l exclude -x -d 'exclude what matches'
complete -c fnimg -n '__fnimg_verb_is build' -l owner -x -d 'owner of all files (default: 0:0 for directories, as recorded for archives)'
complete -c fnimg -n '__fnimg_verb_is build' -l times -x -a 'clamp keep' -d 'clamp times to SOURCE_DATE_EPOCH, or keep them (default: clamp for directories)'
complete -c fnimg -n '__fnimg_verb_is build' -l time -x -d 'time of all files of layer NAME, since 1970'
complete -c fnimg -n '__fnimg_verb_is build' -l bytecode -x -a 'match keep' -d 'match times in .pyc files to their sources\' in the image (default), or keep them'
complete -c fnimg -n '__fnimg_verb_is build' -l accounts -d 'add /etc/passwd, group and os-release, if no layer has them'
complete -c fnimg -n '__fnimg_verb_is build' -l digest-file -r -F -d 'write the manifest\'s digest to FILE; - is stdout'
complete -c fnimg -n '__fnimg_verb_is build' -l jobs -x -d 'threads (default: one per core)'
complete -c fnimg -n '__fnimg_verb_is build' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is inspect' -l manifest -d 'print the manifest\'s bytes as they are stored'
complete -c fnimg -n '__fnimg_verb_is inspect' -l config -d 'print the config\'s bytes as they are stored'
complete -c fnimg -n '__fnimg_verb_is inspect' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is files' -l layer -x -d 'the entries of one layer, by name or number (0: the lowest)'
complete -c fnimg -n '__fnimg_verb_is files' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is files' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is files' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is files' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is cat' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is cat' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is cat' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is cat' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is history' -l updates -d 'show the updates and rollbacks of this reference, newest last'
complete -c fnimg -n '__fnimg_verb_is history' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is size' -l by -x -a 'layer directory package' -d 'only this table: layer, directory or package'
complete -c fnimg -n '__fnimg_verb_is size' -l depth -x -d 'directories down to N levels (default 2)'
complete -c fnimg -n '__fnimg_verb_is size' -l top -x -d 'lines per table (default 10); --json prints all'
complete -c fnimg -n '__fnimg_verb_is size' -l budget -r -F -d 'check the rules of its [budget] table'
complete -c fnimg -n '__fnimg_verb_is size' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is size' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is size' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is size' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is why' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is why' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is why' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is why' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is find' -l image -x -a '(__fnimg_asked references)' -d 'only in this image'
complete -c fnimg -n '__fnimg_verb_is find' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is find' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is find' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is diff' -l by -x -a 'config layer package file chunk' -d 'show only this (default: all)'
complete -c fnimg -n '__fnimg_verb_is diff' -l ignore -x -a 'time owner mode xattrs names' -d 'treat files that differ only in this as equal'
complete -c fnimg -n '__fnimg_verb_is diff' -l patch -d 'show the lines that differ in text files, for patch(1) and git apply'
complete -c fnimg -n '__fnimg_verb_is diff' -l markdown -d 'print tables for a comment on a pull request'
complete -c fnimg -n '__fnimg_verb_is diff' -l exit-code -d 'exit with 1 if anything differs'
complete -c fnimg -n '__fnimg_verb_is diff' -l budget -r -F -d 'check the rules of [budget] in FILE; exit with 1 if one is broken'
complete -c fnimg -n '__fnimg_verb_is diff' -l image -x -d 'which image, if a file contains several'
complete -c fnimg -n '__fnimg_verb_is diff' -l platform -x -d 'which platform, if there are several (default: this host\'s)'
complete -c fnimg -n '__fnimg_verb_is diff' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is diff' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is diff' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is diff' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is diff' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is unpack' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is unpack' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is unpack' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is unpack' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is unpack' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is unpack' -a '(__fish_complete_directories (commandline -ct))'
complete -c fnimg -n '__fnimg_verb_is import' -s t -l tag -x -a '(__fnimg_asked references)' -d 'name it NAME:TAG (default: all of its own names)'
complete -c fnimg -n '__fnimg_verb_is import' -l image -x -d 'which image, if there are several'
complete -c fnimg -n '__fnimg_verb_is import' -l platform -x -d 'which platform, if there are several (default: this host\'s)'
complete -c fnimg -n '__fnimg_verb_is import' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is import' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is import' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is import' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is import' -F
complete -c fnimg -n '__fnimg_verb_is export' -s o -l output -r -F -d 'destination; - is stdout; compressed if it ends in .tar.gz or .tar.zst'
complete -c fnimg -n '__fnimg_verb_is export' -l format -x -a 'oci-archive docker-archive oci-dir' -d 'default: oci-archive'
complete -c fnimg -n '__fnimg_verb_is export' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is export' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is export' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is export' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is export' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is export' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is tag' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is tag' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is rm' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is rm' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is update' -s t -l tag -x -d 'name the new image NEW; REF stays as it is'
complete -c fnimg -n '__fnimg_verb_is update' -l layer -x -a '(__fnimg_source)' -d 'replace the layer NAME (or its number, or a range) by SOURCE'
complete -c fnimg -n '__fnimg_verb_is update' -l channel -x -a '(__fnimg_asked channels)' -d 'only what follows this channel; to this version of it'
complete -c fnimg -n '__fnimg_verb_is update' -l all -d 'every image that follows a channel (--channel: this one)'
complete -c fnimg -n '__fnimg_verb_is update' -l allow-rollback -d 'also to an older version than it had'
complete -c fnimg -n '__fnimg_verb_is update' -l compression -x -a 'gzip gzip:4 zstd zstd:3 none' -d 'of a layer that is made (default: gzip)'
complete -c fnimg -n '__fnimg_verb_is update' -l keep -x -d 'how many of its earlier images stay (default: 5)'
complete -c fnimg -n '__fnimg_verb_is update' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is update' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is rollback' -l to -x -d 'the update to take back, with all that came after it'
complete -c fnimg -n '__fnimg_verb_is rollback' -l keep -x -d 'how many of its earlier images stay (default: 5)'
complete -c fnimg -n '__fnimg_verb_is rollback' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is rollback' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is outdated' -l exit-code -d 'exit with 1 if a layer is outdated'
complete -c fnimg -n '__fnimg_verb_is outdated' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is compat' -l layer -x -a '(__fnimg_source)' -d 'instead of B: A with SOURCE as its layer NAME (or its number, or a range)'
complete -c fnimg -n '__fnimg_verb_is compat' -l markdown -d 'print tables for a comment on a pull request'
complete -c fnimg -n '__fnimg_verb_is compat' -l image -x -d 'which image, if a file contains several'
complete -c fnimg -n '__fnimg_verb_is compat' -l platform -x -d 'which platform, if there are several (default: this host\'s)'
complete -c fnimg -n '__fnimg_verb_is compat' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is compat' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is compat' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is compat' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is compat' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is gc' -l reindex -d 'drop the file index too; it is rebuilt when needed'
complete -c fnimg -n '__fnimg_verb_is gc' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is fsck' -l read-data -d 'read every blob and verify digests and diffIDs'
complete -c fnimg -n '__fnimg_verb_is fsck' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is fsck' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is fsck' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is explain-digest' -l all -d 'every example, not only the first five'
complete -c fnimg -n '__fnimg_verb_is explain-digest' -l image -x -d 'which image, if a file contains several'
complete -c fnimg -n '__fnimg_verb_is explain-digest' -l platform -x -d 'which platform, if there are several (default: this host\'s)'
complete -c fnimg -n '__fnimg_verb_is explain-digest' -l max-bytes -x -d 'refuse a layer that expands to more (default 64GiB)'
complete -c fnimg -n '__fnimg_verb_is explain-digest' -l max-ratio -x -d 'refuse a layer that expands to more than N times its size (default 32768)'
complete -c fnimg -n '__fnimg_verb_is explain-digest' -l max-entries -x -d 'refuse a layer with more entries (default 10000000)'
complete -c fnimg -n '__fnimg_verb_is explain-digest' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is explain-digest' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is channel publish' -l version -x -d 'what to call it (default: a number)'
complete -c fnimg -n '__fnimg_verb_is channel publish' -l compression -x -a 'gzip gzip:4 zstd zstd:3 none' -d 'of a layer that is made (default: gzip)'
complete -c fnimg -n '__fnimg_verb_is channel publish' -l platform -x -d 'of a layer that is made (default: this host\'s)'
complete -c fnimg -n '__fnimg_verb_is channel publish' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is channel publish' -a '(__fnimg_asked channels)'
complete -c fnimg -n '__fnimg_verb_is channel publish' -F
complete -c fnimg -n '__fnimg_verb_is channel show' -a '(__fnimg_asked channels)'
complete -c fnimg -n '__fnimg_verb_is channel follow' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is channel follow' -a '(__fnimg_asked references)'
complete -c fnimg -n '__fnimg_verb_is channel pin' -l off -d 'followers get the newest version again'
complete -c fnimg -n '__fnimg_verb_is channel pin' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is channel pin' -a '(__fnimg_asked channels)'
complete -c fnimg -n '__fnimg_verb_is channel hold' -l off -d 'followers get new versions again'
complete -c fnimg -n '__fnimg_verb_is channel hold' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is channel hold' -a '(__fnimg_asked channels)'
complete -c fnimg -n '__fnimg_verb_is channel rm' -s n -l dry-run -d 'show what would be done, and change nothing'
complete -c fnimg -n '__fnimg_verb_is channel rm' -a '(__fnimg_asked channels)'
