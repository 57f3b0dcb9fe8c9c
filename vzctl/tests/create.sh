#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2016 # dollars are meant
#
# vzctl create and destroy in a made-up tree of files: options, refusals, and a
# kill at every point followed by a retry.  TAP; needs root for other owners.
# Env: VZCTL, VZ_UNPACK.
set -euo pipefail
if [ "$(id -u)" -ne 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
work=$(mktemp -d -p /var/tmp vzctl-create.XXXXXX)
# a file system of its own, so that trash is not put into the host's
mount -t tmpfs -o mode=700 none "$work"
export VZ_ROOT_PREFIX=$work/r LC_ALL=C
unset VZ_FAULT
P=$VZ_ROOT_PREFIX
here=$(cd "$(dirname "$0")" && pwd)
cleanup() {
	umount "$work/small" 2>/dev/null || :
	# vzctl's children may still be removing what is there
	umount -l "$work" && rmdir "$work"
}
trap cleanup EXIT
# shellcheck source=tap.sh
. "$here/tap.sh"

# killed POINT ARGUMENTS: vzctl with them is killed there
killed() {
	local p=$1 got=0
	shift
	{ VZ_FAULT=$p "$VZCTL" "$@" >/dev/null || got=$?; } 2>/dev/null
	is "$p: killed" "$got" 137
}
conf() { sed -n "s/^$2=\"\(.*\)\"$/\1/p" "$P/etc/vz/conf/$1.conf"; }
# nothing of container $1 anywhere, trash aside
clean() {
	ok "nothing of $1 is left" [ -z "$(find "$P/etc/vz/conf/$1.conf" "$P/etc/vz/conf/$1.conf.creating" \
		"$P/vz/private/$1" "$P/vz/private/$1.tmp" "$P/vz/root/$1" 2>/dev/null)" ]
}

# becomes_empty WHAT DIR FIND-TESTS: within ten seconds
becomes_empty() {
	local what=$1
	shift
	for _ in $(seq 100); do
		[ -n "$(find "$1" -mindepth 1 "${@:2}" 2>/dev/null)" ] || break
		sleep 0.1
	done
	is "$what" "$(find "$1" -mindepth 1 "${@:2}" | head -n 1)" ''
}

mkdir -p "$P"/etc/vz/{conf,names,dists/scripts} "$P"/vz/{lock,private,root,dump,template/cache} "$P"/var/log
chmod 700 "$P/vz/private"
# the file systems that tests run on have no project quota, which is said each time
sed 's,^LOGFILE=.*,LOGGING=no,;s,^DISK_QUOTA=.*,DISK_QUOTA=no,' "$here/../etc/vz.conf" >"$P/etc/vz/vz.conf"
cp "$here"/../etc/*-sample "$P/etc/vz/conf/"
: >"$P/etc/vz/dists/default.conf"

# a template that looks like one
t=$work/t
mkdir -p "$t"/{sbin,bin,etc,home/joe,tmp}
echo init >"$t/sbin/init"
echo sh >"$t/bin/sh"
chmod 4755 "$t/bin/sh"
printf 'root::1:0:99999:7:::\nbin:*:1::::::\n' >"$t/etc/shadow"
printf '# comment\n17 * * * * root cd / && run-parts --report /etc/cron.hourly\n5 4 * * * root mine\n' >"$t/etc/crontab"
chown 1000:1000 "$t/home/joe"
pack() { tar -C "$t" -c . | zstd -q -f -o "$P/vz/template/cache/$1.tar.zst"; }
pack debian-12-x86_64
pack tiny
gzip -c <(tar -C "$t" -c .) >"$P/vz/template/cache/gz.tar.gz"
tar -C "$t" -c . >"$P/vz/template/cache/plain.tar"
head -c 300 "$P/vz/template/cache/tiny.tar.zst" >"$P/vz/template/cache/cut.tar.zst"
tar -C "$t" -c ./home | zstd -q -o "$P/vz/template/cache/noinit.tar.zst"
(cd "$t" && tar -P -c --transform 's,^\./sbin/init,/evil,' ./sbin/init) >"$P/vz/template/cache/evil.tar"

# defaults
rc 0 create 101
is 'what is printed' "$(tr '\n' '|' <"$work/out")" \
	"Creating container private area (debian-12-x86_64)|Performing postcreate actions|CT configuration saved to $P/etc/vz/conf/101.conf|Container private area was created|"
is 'errors' "$(cat "$work/err")" ''
is 'OSTEMPLATE' "$(conf 101 OSTEMPLATE)" debian-12-x86_64
is 'ORIGIN_SAMPLE' "$(conf 101 ORIGIN_SAMPLE)" vswap-1g
is 'the sample is in it' "$(conf 101 PHYSPAGES)" 0:1G
is 'VE_PRIVATE as vz.conf has it' "$(conf 101 VE_PRIVATE)" '/vz/private/$VEID'
base=$(conf 101 LOCAL_UID)
is 'LOCAL_GID' "$(conf 101 LOCAL_GID)" "$base"
is 'owners are shifted' "$(stat -c %u:%g "$P/vz/private/101" "$P/vz/private/101/home/joe" | tr '\n' ' ')" \
	"$base:$base $((base + 1000)):$((base + 1000)) "
is 'setuid is kept' "$(stat -c %a "$P/vz/private/101/bin/sh")" 4755
is 'an empty root password is locked' "$(head -n 1 "$P/vz/private/101/etc/shadow")" 'root:!:1:0:99999:7:::'
is 'cron minutes differ, other lines stay' "$(tr '\n' '|' <"$P/vz/private/101/etc/crontab")" \
	'# comment|17 * * * * root cd / && run-parts --report /etc/cron.hourly|5 4 * * * root mine|'
ok 'VE_ROOT is there' test -d "$P/vz/root/101"
rc 44 create 101
said "Private area already exists in $P/vz/private/101"

# options
rc 0 create 102 --ostemplate tiny --config basic --hostname a.example --name web --description 'two words' \
	--ipadd 10.0.0.1 --ipadd 10.0.0.2/24 --diskspace 1G:2G --diskinodes 1000:2000 --layout simfs
is 'OSTEMPLATE' "$(conf 102 OSTEMPLATE)" tiny
is 'ORIGIN_SAMPLE' "$(conf 102 ORIGIN_SAMPLE)" basic
is 'HOSTNAME' "$(conf 102 HOSTNAME)" a.example
is 'NAME' "$(conf 102 NAME)" web
is 'the name leads to the configuration' "$(readlink -f "$P/etc/vz/names/web")" "$(readlink -f "$P")/etc/vz/conf/102.conf"
is 'DESCRIPTION' "$(conf 102 DESCRIPTION)" 'two words'
is 'IP_ADDRESS' "$(conf 102 IP_ADDRESS)" '10.0.0.1 10.0.0.2/24'
is 'another range of ids' "$(conf 102 LOCAL_UID)" $((base + 65536))
is 'cron minutes differ' "$(sed -n 's/ .*cron.hourly//p' "$P/vz/private/102/etc/crontab")" $((102 * 37 % 60))
rc 0 create 103 --ostemplate gz --private '/p$VEID/x' --root /elsewhere/103 --local_uid 400000
is 'VE_PRIVATE elsewhere, one base for both' "$(stat -c %u:%g "$P/p103/x")" 400000:400000
ok 'VE_ROOT elsewhere' test -d "$P/elsewhere/103"
rc 0 create 104 --ostemplate plain --local_uid 700000 --local_gid 800000 --layout ploop
said 'ploop is not supported'
is 'two bases' "$(stat -c %u:%g "$P/vz/private/104")" 700000:800000
is 'VE_LAYOUT' "$(conf 104 VE_LAYOUT)" simfs

# host ids that another container has: refused when asked for, replaced when copied
rc 21 create 105 --ostemplate plain --local_uid 430000
said 'Host ids from LOCAL_UID=430000 on are used by another container'
ok 'nothing of it' test ! -e "$P/vz/private/105"
sed 's/^NAME=.*//;s/^IP_ADDRESS=.*//' "$P/etc/vz/conf/102.conf" >"$P/etc/vz/conf/106.conf"
sed -i 's,^VE_PRIVATE=.*,VE_PRIVATE="/vz/private/$VEID",' "$P/etc/vz/conf/106.conf"
rc 0 create 106 --ostemplate plain
said 'this one gets ids of its own'
ok 'a copied configuration gets ids of its own' test "$(conf 106 LOCAL_UID)" != "$(conf 102 LOCAL_UID)"
rc 0 destroy 106
echo 'NUMPROC="5:5"' >"$P/etc/vz/conf/106.conf"
rc 0 create 106 --ostemplate plain --config basic
said "$P/etc/vz/conf/106.conf exists already and is replaced"
is 'the sample replaces a configuration' "$(conf 106 NUMPROC)" 240:240
rc 0 destroy 106

# a file system without project quota
sed -i 's,^DISK_QUOTA=.*,DISK_QUOTA=yes,' "$P/etc/vz/vz.conf"
rc 0 create 107 --ostemplate plain
said "has no project quota, so the container's disk is not limited"
rc 0 destroy 107
sed -i 's,^DISK_QUOTA=.*,DISK_QUOTA=no,' "$P/etc/vz/vz.conf"

# refusals leave nothing
refuse() {
	rc "$@"
	clean 110
}
refuse 91 create 110 --ostemplate nothere
said 'Cached OS template .*/nothere.tar.zst not found .*vzpkgcache nothere'
refuse 82 create 110 --config nothere
refuse 47 create 110 --ostemplate cut
said 'cut.tar.zst: .*damaged'
refuse 47 create 110 --ostemplate noinit
said '/sbin/init'
refuse 47 create 110 --ostemplate evil
said 'evil.tar: .*/evil: absolute name'
refuse 131 create 110 --name web
said 'name web already used by container 102'
refuse 78 create 110 --ipadd 10.0.0.2
refuse 71 create 110 --ipadd 10.0.0
refuse 20 create 110 --nonsense
refuse 20 create 110 --cpuunits 1000
refuse 20 create 110 --ostemplate
refuse 21 create 0
refuse 21 create 4000000000
refuse 21 create 110 --ostemplate ../x
refuse 21 create 110 --local_uid 0
is 'no name is left over' "$(ls "$P/etc/vz/names")" web
is 'its id is not reserved any more' "$("$VZCTL" create 110 --ostemplate tiny >/dev/null; conf 110 LOCAL_UID)" \
	$((base + 2 * 65536))
rc 0 destroy 110

# a directory in the way that vzctl did not make
mkdir -p "$P/vz/private/110.tmp/precious"
rc 48 create 110 --ostemplate tiny
said 'in the way'
ok 'it is still there' test -d "$P/vz/private/110.tmp/precious"
rm -r "$P/vz/private/110.tmp"
clean 110

# full disk
mkdir "$work/small"
mount -t tmpfs -o size=100k none "$work/small"
head -c 300k /dev/urandom >"$t/big"
pack big
rm "$t/big"
ln -s "$work/small" "$P/small"
rc 46 create 110 --ostemplate big --private /small/110
said 'Not enough disk space'
becomes_empty 'its files are gone, at once or soon' "$work/small" ! -name vztmp
clean 110

# the host's and the distribution's scripts
printf '#!/bin/sh\n. "$VE_CONFFILE"\necho "$VEID $HOSTNAME" >"%s/script"\n' "$work" >"$P/etc/vz/conf/vps.create"
chmod +x "$P/etc/vz/conf/vps.create"
rc 0 create 110 --ostemplate tiny --hostname h
is 'vps.create sees CTID and configuration' "$(cat "$work/script")" '110 h'
rc 0 destroy 110
printf '#!/bin/sh\nexit 3\n' >"$P/etc/vz/conf/vps.create"
refuse 79 create 110 --ostemplate tiny
rm "$P/etc/vz/conf/vps.create"

# killed anywhere, then again
points=$("$VZCTL" --fault-points | grep '^create-' | sort -u)
ok 'there are points to be killed at' [ "$(echo "$points" | wc -l)" -ge 8 ]
for p in $points; do
	killed "$p" create 111 --name kill --ostemplate tiny --ipadd 10.9.9.9
	if [ "$p" = create-committed ]; then
		rc 0 destroy 111
	fi
	ok "$p: no configuration of half a container" test ! -e "$P/etc/vz/conf/111.conf"
	rc 0 create 111 --name kill --ostemplate tiny --hostname again
	is "$p: the retry's parameters only" "$(conf 111 HOSTNAME)$(conf 111 IP_ADDRESS)" again
	is "$p: nothing else" "$(cd "$P" && echo vz/private/111* etc/vz/conf/111*creating*)" \
		'vz/private/111 etc/vz/conf/111*creating*'
	rc 0 destroy 111
	clean 111
	killed "$p" create 111 --name kill --ostemplate tiny
	[ "$p" = create-start ] || rc 0 destroy 111
	clean 111
	ok "$p: the name is free" test ! -L "$P/etc/vz/names/kill"
done

# destroy
rc 0 create 112 --ostemplate tiny --name bye
touch "$P/etc/vz/conf/112."{mount,umount}
rc 0 destroy bye
is 'what is printed' "$(tr '\n' '|' <"$work/out")" \
	"Destroying container private area: $P/vz/private/112|Container private area was destroyed|"
clean 112
is 'files are kept under other names' "$(cd "$P/etc/vz/conf" && echo 112*)" \
	'112.conf.destroyed 112.mount.destroyed 112.umount.destroyed'
rc 14 destroy 112
rc 20 destroy 101 --now
points=$("$VZCTL" --fault-points | grep '^destroy-' | sort -u)
for p in $points; do
	"$VZCTL" create 113 --ostemplate tiny --name gone >/dev/null
	killed "$p" destroy 113
	if [ "$p" = destroy-done ]; then
		rc 14 destroy 113
	else
		rc 0 destroy 113
	fi
	clean 113
	ok "$p: the name is free" test ! -L "$P/etc/vz/names/gone"
done
mkdir "$work/linked"
echo keep >"$work/linked/file"
"$VZCTL" create 114 --ostemplate tiny >/dev/null
mv "$P/vz/private/114" "$work/linked/"
ln -s "$work/linked" "$P/vz/private/114"
rc 0 destroy 114
ok 'a private area behind a link: the link goes, the rest stays' \
	[ ! -L "$P/vz/private/114" -a -e "$work/linked/file" ]
rc 0 destroy 101
rc 0 create 115 --ostemplate tiny
rc 0 destroy 115
is 'the trash is on the same file system and closed to users' "$(stat -c %a:%u "$work/vztmp")" 700:0
becomes_empty 'everything is removed in the background, also what was killed on the way' "$work/vztmp"
echo "1..$n"
[ "$bad" -eq 0 ]
