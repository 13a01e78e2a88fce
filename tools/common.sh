# shellcheck shell=bash
# Sourced by the tools: where the project is, how they speak and how they fail.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    BOLD=$'\e[1m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
    BOLD='' GREEN='' RED='' PLAIN=''
fi

# Prints the comment that opens the calling tool: it is the tool's help.
print_usage() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
}

heading() {
    printf '\n%s== %s%s\n' "$BOLD" "$*" "$PLAIN"
}

good() {
    printf '%s%s%s\n' "$GREEN" "$*" "$PLAIN"
}

# Ends the tool with a message of one line on standard error.
fail() {
    printf '%s%s: %s%s\n' "$RED" "${0##*/}" "$*" "$PLAIN" >&2
    exit 1
}

# Ends the tool as wrongly called.
wrong_usage() {
    printf '%s: %s (see %s --help)\n' "${0##*/}" "$*" "$0" >&2
    exit 2
}

# require_number OPTION VALUE: ends the tool unless the value is a number of at least 1.
require_number() {
    [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || wrong_usage "$1 needs a whole number of at least 1, not '${2:-}'"
}

# Puts the toolchain's folder into PATH where only /opt/swift has one.
find_swift() {
    if ! command -v swift >/dev/null && [[ -x /opt/swift/usr/bin/swift ]]; then
        PATH=/opt/swift/usr/bin:$PATH
    fi
    command -v swift >/dev/null
}

# Sets VARVE to the binary to be used: $VARVE_BINARY, else what tools/build made.
find_varve() {
    VARVE=${VARVE_BINARY:-$ROOT/.build/release/varve}
    [[ -x $VARVE ]] || fail "there is no varve at $VARVE: run $ROOT/tools/build first"
}

# require_command COMMAND PACKAGE
require_command() {
    command -v "$1" >/dev/null || fail "$1 is missing: run $ROOT/tools/install-dependencies test (package $2)"
}

# human BYTES
human() {
    numfmt --to=iec-i --suffix=B --format=%.1f "$1"
}

# measure FILE COMMAND…: runs the command and writes its seconds and its peak memory in KiB into the file.
measure() {
    local figures=$1
    shift
    /usr/bin/time -f '%e %M' -o "$figures" "$@"
}

# Prints the SHA-256 of standard input. OpenSSL, where it is there, is several times faster than sha256sum.
sha256() {
    if command -v openssl >/dev/null; then
        openssl dgst -sha256 -r | cut -c 1-64
    else
        sha256sum | cut -c 1-64
    fi
}

# bytes_in FOLDER: the sum of its files' lengths.
bytes_in() {
    find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# start_scratch: sets SCRATCH to a new folder that is removed when the tool ends, however it ends, after
# before_scratch_goes was run (define it to stop what uses the folder), and points varve to a password and a cache there.
start_scratch() {
    SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/varve-${0##*/}.XXXXXX")
    trap end_scratch EXIT
    # Without these, a signal would end the shell before the trap is run.
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    (umask 077 && head -c 24 /dev/urandom | base64 >"$SCRATCH/password")
    unset VARVE_PASSWORD VARVE_PASSWORD_COMMAND VARVE_REPOSITORY_FILE
    export VARVE_PASSWORD_FILE=$SCRATCH/password XDG_CACHE_HOME=$SCRATCH/cache
}

before_scratch_goes() {
    :
}

end_scratch() {
    local status=$?
    trap - EXIT
    before_scratch_goes || true
    cd /
    rm -rf "$SCRATCH"
    exit "$status"
}
