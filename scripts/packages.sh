#!/bin/sh
# usage: packages.sh [--missing] SECTION...
# Installs what these sections of packages.txt name and the machine lacks. Nothing missing: does nothing, and asks nobody.
# --missing: only prints them.
set -eu
only_print=""
if [ "$1" = "--missing" ]; then
    only_print=1
    shift
fi
list=$(dirname "$0")/../packages.txt

wanted=$(for section in "$@"; do
    awk -v section="[$section]" '
        /^\[/ { inside = ($0 == section); next }
        inside && NF && $1 !~ /^#/ { print $1 }' "$list"
done | sort -u)

missing=""
for package in $wanted; do
    case "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)" in
        *"install ok installed"*) ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0
if [ -n "$only_print" ]; then
    echo "$missing"
    exit 0
fi

# Without a password, or with one when there is a terminal to ask for it on. The question goes to the terminal itself;
# what sudo says to a user whom it does not know is said below.
may_sudo() {
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v 2>/dev/null; }
}

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif may_sudo; then
    as_root="sudo"
else
    echo "Packages are missing, and you are neither root nor can use sudo. Ask an administrator for: apt-get install$missing" >&2
    exit 1
fi
echo "Installing:$missing"
# shellcheck disable=SC2086  # both are lists of words
{
    $as_root apt-get update -q
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
}
