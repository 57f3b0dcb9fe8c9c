#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # dollars are meant
#
# vzctl set --local_uid in a made-up tree of files: owners, ACLs, capabilities and
# setuid bits, refusals, and a kill at every point.  TAP; needs root for other owners.
# Limits of users need a file system with quota: selftests/quota/ids.test.
# Env: VZCTL, VZ_UNPACK.
set -euo pipefail
if [ "$(id -u)" -ne 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
work=$(mktemp -d -p /var/tmp vzctl-ids.XXXXXX)
mount -t tmpfs -o mode=700 none "$work"
export VZ_ROOT_PREFIX=$work/r LC_ALL=C
unset VZ_FAULT
P=$VZ_ROOT_PREFIX
T=$P/vz/private/101
here=$(cd "$(dirname "$0")" && pwd)
cleanup() {
	umount -l "$work" && rmdir "$work"
}
trap cleanup EXIT
# shellcheck source=tap.sh
. "$here/tap.sh"

conf() { sed -n "s/^$2=\"\(.*\)\"$/\1/p" "$P/etc/vz/conf/$1.conf"; }

# attrs DIR BASE GBASE: attributes of all below, ids counted from there
attrs() {
	python3 - "$@" <<-'END'
	import os, struct, sys
	top, base = sys.argv[1], dict(u=int(sys.argv[2]), g=int(sys.argv[3]))
	def since(n, kind):
	    return n - base[kind] if n >= 65536 else n
	for d, dirs, files in sorted(os.walk(top)):
	    for f in [d] + [os.path.join(d, n) for n in sorted(files)]:
	        if os.path.islink(f):
	            continue
	        for name in sorted(os.listxattr(f)):
	            x = os.getxattr(f, name)
	            if name.startswith("system.posix_acl"):
	                acl = list(struct.iter_unpack("<HHI", x[4:]))
	                x = [(tag, perm, since(i, "u" if tag == 2 else "g") if tag in (2, 8) else 0) for tag, perm, i in acl]
	            elif name == "security.capability":
	                x = (x[:20].hex(), since(*struct.unpack("<I", x[20:]), "u"))
	            print(os.path.relpath(f, top), name, x)
	END
}

# state BASE GBASE: the tree with ids counted from there
state() {
	(cd "$T" && find . -printf '%p %y %m %n %U %G %T@\n' | sort |
		awk -v u="$1" -v g="$2" '{ if ($5 >= 65536) $5 -= u; if ($6 >= 65536) $6 -= g; print }')
	attrs "$T" "$1" "$2"
}

mkdir -p "$P"/etc/vz/{conf,names,dists/scripts} "$P"/vz/{lock,private,root,dump,template/cache} "$P"/var/log
chmod 700 "$P/vz/private"
sed 's,^LOGFILE=.*,LOGGING=no,;s,^DISK_QUOTA=.*,DISK_QUOTA=no,' "$here/../etc/vz.conf" >"$P/etc/vz/vz.conf"
cp "$here"/../etc/*-sample "$P/etc/vz/conf/"
: >"$P/etc/vz/dists/default.conf"
t=$work/t
mkdir -p "$t"/{sbin,bin,home/joe/d}
echo init >"$t/sbin/init"
echo sh | tee "$t/bin/sh" "$t/bin/su" "$t/bin/ping" "$t/home/joe/set" >"$t/home/joe/a"
ln "$t/bin/su" "$t/bin/su2"
ln -s a "$t/home/joe/link"
mkfifo "$t/home/joe/fifo"
chown -h 1000:1001 "$t/home/joe" "$t"/home/joe/*
chmod 4755 "$t/bin/su"
chmod 2711 "$t/home/joe/set"
chmod 3775 "$t/home/joe/d"
tar -C "$t" -c . | zstd -q -f -o "$P/vz/template/cache/tiny.tar.zst"

rc 0 create 101 --ostemplate tiny --local_uid 200000 --local_gid 400000
rc 0 create 102 --ostemplate tiny --local_uid auto --local_gid auto
other=$(conf 102 LOCAL_UID)
python3 - "$T" <<'END'
import os, struct, sys
os.chdir(sys.argv[1])
def acl(f, kind, *entries):
    os.setxattr(f, "system.posix_acl_" + kind, struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries))
no = 0xffffffff
acl("home/joe/a", "access", (1, 6, no), (2, 6, 201005), (4, 4, no), (8, 4, 401006), (16, 6, no), (32, 4, no))
acl("home/joe/d", "default", (1, 7, no), (2, 7, 201007), (4, 5, no), (16, 7, no), (32, 5, no))
os.setxattr("bin/ping", "security.capability", struct.pack("<6I", 0x03000001, 1 << 13, 0, 0, 0, 200000))
END
# one that belongs to nobody in it
touch "$T/home/host"
chown 5:6 "$T/home/host"
state 200000 400000 >"$work/before"
ok 'there are ACLs, capabilities and setuid bits' \
	[ "$(grep -cE '\(2, 6, 1005\).*\(8, 4, 1006\)|default .*\(2, 7, 1007\)|capability .* 0\)$|^./bin/su f 4755 2 0 0' "$work/before")" -eq 4 ]

# refusals change nothing
same() {
	ok "it is as it was: $1" diff "$work/before" <(state 200000 400000)
	is 'and so is the configuration' "$(conf 101 LOCAL_UID):$(conf 101 LOCAL_GID):$(conf 101 NEW_LOCAL_UID)" 200000:400000:
}
rc 20 set 101 --local_uid 600000
said '--local_uid needs --save'
rc 20 set 101 --local_uid 600000 --onboot yes --save
said 'go with no other parameter'
rc 20 set 101 --local_uid 600000 --ipadd 10.0.0.1 --save
rc 21 set 101 --local_uid 0 --save
said 'the first of 65536 ids of the host, or auto'
rc 21 set 101 --local_uid 600000 --local_gid auto --save
said 'auto is for both'
rc 21 set 101 --local_uid $((200000 + 65535)) --save
said 'in part those that the container has'
rc 21 set 101 --local_uid 600000 --local_gid $((400000 - 65535)) --save
rc 21 set 101 --local_uid "$((other - 30000))" --save
said 'used by another container'
mv "$T" "$T.away"
rc 43 set 101 --local_uid 600000 --save
mkdir "$T"
rc 85 set 101 --local_uid 600000 --save
said 'belongs to uid 0, which is not of the range'
rmdir "$T"
mv "$T.away" "$T"
same refused
rc 0 set 101 --local_uid 200000 --local_gid 400000 --save
same 'the ids that it has'

# the change
rc 0 set 101 --local_uid 600000 --local_gid 800000 --save
said 'Changing host ids'
ok 'all belongs to others, and is the same else' diff "$work/before" <(state 600000 800000)
is 'nobody has the old ones' "$(find "$T" -uid +199999 -uid -300000 -o -gid +399999 -gid -500000 | head -n 1)" ''
is 'what was the hosts stays so' "$(stat -c %u:%g "$T/home/host")" 5:6
is 'the configuration says it' "$(conf 101 LOCAL_UID):$(conf 101 LOCAL_GID):$(conf 101 NEW_LOCAL_UID)" 600000:800000:
is 'nothing is kept' "$(ls "$P/var/lib/vzctl/quota" 2>/dev/null)" ''
rm "$T/home/host"
rc 0 set 101 --local_gid 200000 --save
is 'one of them stands for both' "$(conf 101 LOCAL_UID):$(conf 101 LOCAL_GID)" 200000:200000
rc 0 set 101 --local_uid 200000 --local_gid 400000 --save
rc 0 set 101 --local_uid auto --save
is 'auto is a free range' "$(conf 101 LOCAL_UID):$(conf 101 LOCAL_GID)" "$((other + 3 * 65536)):$((other + 3 * 65536))"
rc 0 set 101 --local_uid 200000 --local_gid 400000 --save
state 200000 400000 >"$work/before"

# killed anywhere; the next one, also to other ids, takes it to its end first
points=$("$VZCTL" --fault-points | grep '^ids-' | grep -v '^ids-limits$' | sort -u)
ok 'there are points to be killed at' [ "$(echo "$points" | wc -l)" -ge 6 ]
for p in $points; do
	got=0
	{ VZ_FAULT=$p "$VZCTL" set 101 --local_uid 600000 --local_gid 800000 --save >/dev/null || got=$?; } 2>/dev/null
	is "$p: killed" "$got" 137
	rc 21 set 102 --local_uid 600000 --save
	said 'used by another container'
	rc 21 set 102 --local_uid 400000 --save
	rc 0 set 101 --local_uid 200000 --local_gid 400000 --save
	ok "$p: finished, and changed back" diff "$work/before" <(state 200000 400000)
	is "$p: nothing is kept" "$(ls "$P/var/lib/vzctl/quota")" ''
done
got=0
{ VZ_FAULT=ids-half "$VZCTL" set 101 --local_uid 600000 --local_gid 800000 --save >/dev/null || got=$?; } 2>/dev/null
rc 0 destroy 101
ok 'one that was killed can be destroyed' [ ! -e "$T" ]
is 'nothing is kept of that' "$(ls "$P/var/lib/vzctl/quota")" ''
echo "1..$n"
[ "$bad" -eq 0 ]
