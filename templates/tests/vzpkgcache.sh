#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # dollars are meant
#
# vzpkgcache: what it builds, refuses and leaves behind.  TAP; needs root.
# Usage: vzpkgcache.sh VZPKGCACHE
set -euo pipefail
if [ "$(id -u)" -ne 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
prog=$(readlink -f "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TEMPLATE=$work/template OSTEMPLATES=$work/os
unset SOURCE_DATE_EPOCH
cache=$TEMPLATE/cache
# shellcheck source=vzctl/tests/tap.sh
. "$(dirname "$0")/../../vzctl/tests/tap.sh"
# rc CODE ARGUMENTS: vzpkgcache with them exits with CODE; all that it says is in $work/out
: >"$work/err"
rc() {
	local want=$1 got=0
	shift
	"$prog" "$@" >"$work/out" 2>&1 || got=$?
	is "vzpkgcache $*" "$got" "$want"
}
# nothing but archives and locks
tidy() { is 'nothing is left behind' "$(find "$cache" -mindepth 1 ! -name '*.tar.*' ! -name '.*.lck')" ''; }
builder() {
	mkdir -p "$work/os/$1"
	{ echo '#!/bin/bash'; cat; } >"$work/os/$1/build"
	chmod +x "$work/os/$1/build"
}

builder good <<'END'
echo "$SOURCE_DATE_EPOCH" >"$2/when"
tar -C "$2" -cf "$1" --mtime="@$SOURCE_DATE_EPOCH" when
END
builder fails <<'END'
echo half >"$1"
exit 3
END
builder slow <<'END'
echo half >"$1"
touch "$SLOW"
sleep 60
END

rc 0 --help
said '^Usage:'
rc 1 --nonsense
rc 0 --list
said '^good$'
said '^busybox-x86_64$'
rc 1 nothere
said 'unknown template nothere .*--list'
rc 1 ../good
said 'bad template name'
rc 0 good
said "good is ready: $cache/good.tar.zst"
is 'what is in it' "$(tar -xOf "$cache/good.tar.zst" when)" 1735689600
tidy
rc 0 --list
said '^good \*$'
inode=$(stat -c %i "$cache/good.tar.zst")
rc 0 good
said 'cached already'
is 'it is not built again' "$(stat -c %i "$cache/good.tar.zst")" "$inode"
SOURCE_DATE_EPOCH=5 rc 0 --force good
is 'it is built again' "$(tar -xOf "$cache/good.tar.zst" when)" 5
rc 1 -f good fails
said 'building fails failed'
ok 'one that fails does not stop the others' test -e "$cache/good.tar.zst"
tidy
rc 0 --cachedir "$work/elsewhere" good
ok '--cachedir' test -e "$work/elsewhere/good.tar.zst"
rc 0 -q -f good
is '--quiet' "$(cat "$work/out")" ''

# interrupted: by a signal, and without a chance to clean up
export SLOW=$work/slow
for sig in TERM KILL; do
	rm -f "$SLOW"
	setsid "$prog" -f slow >"$work/out" 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		[ ! -e "$SLOW" ] || break
		sleep 0.1
	done
	rc 1 slow
	said 'is being built by another'
	kill -s $sig -- -$pid
	wait $pid 2>/dev/null || :
	ok "SIG$sig: no archive" test ! -e "$cache/slow.tar.zst"
	[ $sig = KILL ] || tidy
done
builder slow <<'END'
tar -cf "$1" -T /dev/null
END
rc 0 slow
tidy
rc 0 --remove slow good
ok 'removed' test ! -e "$cache/slow.tar.zst" -a ! -e "$cache/good.tar.zst"
rc 1 --remove good
said 'is not in'
rc 1 --remove
touch "$cache/old.tar.gz"
rc 0 --remove old
ok 'other kinds of archives are removed, too' test ! -e "$cache/old.tar.gz"

# the same bytes from the same input
rc 0 busybox-x86_64
sum=$(sha256sum <"$cache/busybox-x86_64.tar.zst")
(umask 077; TZ=Asia/Tokyo LC_ALL=C "$prog" -q -f busybox-x86_64)
is 'busybox-x86_64 is reproducible' "$(sha256sum <"$cache/busybox-x86_64.tar.zst")" "$sum"
tidy
for f in ./sbin/init ./bin/sh ./bin/busybox ./etc/passwd; do
	ok "it has $f" grep -qx -- "${f/sbin/bin}" <(tar -tf "$cache/busybox-x86_64.tar.zst")
done
echo "1..$n"
[ "$bad" -eq 0 ]
