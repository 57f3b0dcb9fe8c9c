#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the user sees: runs the commands of golden/GROUP.in in a made-up tree of
# files and compares command lines, output, exit codes and saved files with
# golden/GROUP.out.  UPDATE=1 writes that file instead.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
group=$1
: "${VZCTL:?}" "${VZLIST:?}"
work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
cleanup() { rm -rf "$work"; }
trap cleanup EXIT

export VZ_ROOT_PREFIX=$work/root VZ_TEST_CALLS=$work/calls LC_ALL=C TZ=UTC
unset VZ_TEST_STATE VZ_TEST_FAIL VZ_TEST_APPLIES VZ_FAULT

vzctl() { "$VZCTL" "$@"; }
vzlist() { "$VZLIST" "$@"; }
# the small tools are programs of their name
PATH=${VZ_TOOLS:+$VZ_TOOLS:}$PATH

# run COMMAND…: the transcript of one command
run() {
	local rc=0
	printf '$ %s\n' "$*"
	: >"$VZ_TEST_CALLS"
	"$@" >"$work/out" 2>"$work/err" || rc=$?
	cat "$work/out"
	sed 's/^/! /' "$work/err"
	sed 's/^/> /' "$VZ_TEST_CALLS"
	[ "$rc" = 0 ] || printf 'exit %d\n' "$rc"
	echo
}

# conf CTID: the file as it is now
conf() {
	printf '$ cat %s.conf\n' "$1"
	cat "$VZ_ROOT_PREFIX/etc/vz/conf/$1.conf"
	echo
}

# put FILE: standard input into FILE of the tree
put() {
	mkdir -p "$VZ_ROOT_PREFIX/$(dirname "$1")"
	cat >"$VZ_ROOT_PREFIX/$1"
}

mkdir -p "$VZ_ROOT_PREFIX"/{etc/vz/{conf,names},vz/{lock,private,root,dump},var/log,proc/{vz,self}}
cp "$here/../etc/vz.conf" "$VZ_ROOT_PREFIX/etc/vz/"
cp "$here"/../etc/*-sample "$VZ_ROOT_PREFIX/etc/vz/conf/"

# the group's functions, then its transcript without what changes between runs
# shellcheck source=/dev/null
. "$here/golden/$group.in" 2>&1 |
	sed -e "s,$VZ_ROOT_PREFIX,,g" -e 's/pid [0-9]*, cmdline .*/pid N, cmdline .../' \
	    -e 's/\(00\|fe\):18:51:[0-9a-f:]*/\1:18:51:xx:xx:xx/g' >"$work/transcript"

if [ "${UPDATE-}" = 1 ]; then
	cp "$work/transcript" "$here/golden/$group.out"
else
	diff -u "$here/golden/$group.out" "$work/transcript"
fi
