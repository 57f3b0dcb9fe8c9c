#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shellcheck disable=SC2016 # dollars are meant
#
# The distribution scripts below a directory of their own: what they write, and
# that no line of the user's is lost.  TAP.  Usage: dists.sh DISTS-DIR
set -euo pipefail
dists=$(readlink -f "${1:-$(dirname "$0")/../dists}")
n=0 bad=0
root=$(mktemp -d)
bin=$(mktemp -d)
trap 'rm -rf "$root" "$bin"' EXIT
if command -v busybox >/dev/null; then
	printf '#!/bin/sh\nexec busybox mkpasswd "$@"\n' >"$bin/mkpasswd"
	chmod +x "$bin/mkpasswd"
	PATH=$bin:$PATH
fi
mkdir -p "$root/etc"

# run ACTION NAME=VALUE...: as vzctl does, functions and script in one text
run() {
	local script=$1
	shift
	# shellcheck disable=SC2086 # a shell may be two words
	cat "$dists/scripts/functions" "$dists/scripts/$script.sh" |
		env -i PATH="$PATH" VZ_DIST_ROOT="$root" "$@" $sh
}
is() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $sh: $1"
	else
		echo "not ok $n - $sh: $1"
		diff <(echo "$3") <(echo "$2") | sed 's/^/# /' || :
		bad=$((bad + 1))
	fi
}
file() { cat "$root/etc/$1"; }
B='# begin of what vzctl writes; keep your own lines outside'
E='# end of what vzctl writes'

tests() {
	rm -rf "$root"
	mkdir -p "$root/etc"

	# hostname
	printf '127.0.0.1\tlocalhost\n# mine\n' >"$root/etc/hosts"
	chmod 640 "$root/etc/hosts"
	run set_hostname HOSTNM=web.example.com IP_ADDR='10.0.0.1/24 fd00::1'
	is 'hostname' "$(file hostname)" web.example.com
	is 'hosts: address and both names' "$(file hosts)" \
		"$(printf '127.0.0.1\tlocalhost\n# mine\n%s\n10.0.0.1 web.example.com web\n%s' "$B" "$E")"
	is 'mode is kept' "$(stat -c %a "$root/etc/hosts")" 640
	echo '10.9.9.9 db # theirs' >>"$root/etc/hosts"
	run set_hostname HOSTNM=www
	is 'hosts: the block is rewritten in the end, users lines stay' "$(file hosts)" \
		"$(printf '127.0.0.1\tlocalhost\n# mine\n10.9.9.9 db # theirs\n%s\n127.0.1.1 www\n%s' "$B" "$E")"
	run set_hostname HOSTNM=db
	is 'hosts: a name that the user has a line for gets none' "$(file hosts)" \
		"$(printf '127.0.0.1\tlocalhost\n# mine\n10.9.9.9 db # theirs')"
	printf 'a\n%s\nmy line\n' "$B" >"$root/etc/hosts"
	run set_hostname HOSTNM=x
	is 'a block without its end marker is not ours' "$(file hosts)" \
		"$(printf 'a\n%s\nmy line\n%s\n127.0.1.1 x\n%s' "$B" "$B" "$E")"
	printf 'last line without newline' >"$root/etc/hosts"
	run set_hostname HOSTNM=x
	is 'a file without a newline at its end' "$(file hosts)" \
		"$(printf 'last line without newline\n%s\n127.0.1.1 x\n%s' "$B" "$E")"
	touch -d @5 "$root/etc/hosts"
	run set_hostname HOSTNM=x
	is 'the same again writes nothing' "$(stat -c %Y "$root/etc/hosts")" 5
	mkdir -p "$root/etc/sysconfig" "$root/etc/conf.d"
	printf 'NETWORKING=yes\nHOSTNAME=old\nGATEWAYDEV=eth0\n' >"$root/etc/sysconfig/network"
	printf '# name\nhostname="old"\n' >"$root/etc/conf.d/hostname"
	echo old >"$root/etc/HOSTNAME"
	run set_hostname HOSTNM=new.name
	is 'Red Hat' "$(file sysconfig/network)" \
		"$(printf 'NETWORKING=yes\nHOSTNAME="new.name"\nGATEWAYDEV=eth0')"
	is 'Gentoo' "$(file conf.d/hostname)" "$(printf '# name\nhostname="new.name"')"
	is 'SUSE, Slackware' "$(file HOSTNAME)" new.name

	# name servers
	printf 'options timeout:1\n' >"$root/etc/resolv.conf"
	run set_dns NAMESERVER='10.0.0.53 fd00::53' SEARCHDOMAIN='a.example b.example'
	is 'resolv.conf: ours first, users lines stay' "$(file resolv.conf)" \
		"$(printf '%s\nsearch a.example b.example\nnameserver 10.0.0.53\nnameserver fd00::53\n%s\noptions timeout:1' "$B" "$E")"
	run set_dns NAMESERVER=10.0.0.54 SEARCHDOMAIN=
	is 'resolv.conf: changed' "$(file resolv.conf)" \
		"$(printf '%s\nnameserver 10.0.0.54\n%s\noptions timeout:1' "$B" "$E")"
	run set_dns NAMESERVER= SEARCHDOMAIN=
	is 'resolv.conf: removed' "$(file resolv.conf)" 'options timeout:1'
	run set_dns 'NAMESERVER=*' SEARCHDOMAIN=
	is 'no patterns are expanded' "$(file resolv.conf)" \
		"$(printf '%s\nnameserver *\n%s\noptions timeout:1' "$B" "$E")"
	rm "$root/etc/resolv.conf"
	run set_dns NAMESERVER=10.0.0.55 SEARCHDOMAIN=
	is 'resolv.conf: made' "$(file resolv.conf)" "$(printf '%s\nnameserver 10.0.0.55\n%s' "$B" "$E")"
	ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
	run set_dns NAMESERVER='10.0.0.56 10.0.0.57' SEARCHDOMAIN=c.example
	is 'systemd-resolved gets a drop-in' "$(file systemd/resolved.conf.d/10-vzctl.conf)" \
		"$(printf '[Resolve]\nDNS=10.0.0.56 10.0.0.57\nDomains=c.example')"
	is 'and keeps its link' "$(readlink "$root/etc/resolv.conf")" ../run/systemd/resolve/stub-resolv.conf
	run set_dns NAMESERVER= SEARCHDOMAIN=
	is 'the drop-in goes' "$(ls "$root/etc/systemd/resolved.conf.d")" ''

	# addresses
	rm -rf "${root:?}"/etc/*
	mkdir -p "$root/etc/network" "$root/etc/systemd/network" "$root/etc/NetworkManager/conf.d"
	printf 'auto lo\niface lo inet loopback\n' >"$root/etc/network/interfaces"
	echo www >"$root/etc/hostname"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	run add_ip IP_ADDR='10.0.0.1/24 10.0.0.2' IPV6=yes
	is 'hosts: the first address' "$(file hosts)" \
		"$(printf '127.0.0.1 localhost\n%s\n10.0.0.1 www\n%s' "$B" "$E")"
	is 'ifupdown leaves venet0 alone' "$(file network/interfaces)" \
		"$(printf 'auto lo\niface lo inet loopback\n%s\nauto venet0\niface venet0 inet manual\n%s' "$B" "$E")"
	is 'networkd too' "$(file systemd/network/10-venet.network)" \
		"$(printf '[Match]\nName=venet*\n\n[Link]\nUnmanaged=yes')"
	is 'NetworkManager too' "$(file NetworkManager/conf.d/10-venet.conf)" \
		"$(printf '[keyfile]\nunmanaged-devices=interface-name:venet*')"
	run add_ip IP_ADDR=10.0.0.3
	is 'hosts: a second address changes nothing' "$(file hosts)" \
		"$(printf '127.0.0.1 localhost\n%s\n10.0.0.1 www\n%s' "$B" "$E")"
	run del_ip IP_ADDR=10.0.0.3/32
	is 'hosts: another one is removed' "$(file hosts)" \
		"$(printf '127.0.0.1 localhost\n%s\n10.0.0.1 www\n%s' "$B" "$E")"
	run del_ip IP_ADDR=10.0.0.1
	is 'hosts: this one is removed' "$(file hosts)" \
		"$(printf '127.0.0.1 localhost\n%s\n127.0.1.1 www\n%s' "$B" "$E")"
	run add_ip IP_ADDR=10.0.0.4
	run del_ip IP_ADDR= IPDELALL=yes
	is 'hosts: all are removed' "$(file hosts)" \
		"$(printf '127.0.0.1 localhost\n%s\n127.0.1.1 www\n%s' "$B" "$E")"
	printf 'iface venet0 inet static\n  address 10.1.1.1\n' >"$root/etc/network/interfaces"
	run add_ip IP_ADDR=10.0.0.1
	is 'what the user says about venet0 stays' "$(file network/interfaces)" \
		"$(printf 'iface venet0 inet static\n  address 10.1.1.1')"
	echo mine >"$root/etc/systemd/network/10-venet.network"
	run pre_start
	is 'and so does a file of the same name' "$(file systemd/network/10-venet.network)" mine

	# passwords, by hand: the real tools need a real system
	printf 'root:x:0:0::/root:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\n' >"$root/etc/group"
	printf 'root:*:19000:0:99999:7:::\nbin:*:1::::::\n' >"$root/etc/shadow"
	if mkpasswd -P 0 -m sha512 </dev/null >/dev/null 2>&1; then
		run set_userpass 'USERPW=root:se:cr et$x'
		is 'shadow: the hash, the rest as it was' "$(file shadow | sed 's/\$6\$[^:]*/HASH/')" \
			"$(printf 'root:HASH:19000:0:99999:7:::\nbin:*:1::::::')"
		salt=$(file shadow | sed -n 's/^root:\$6\$\([^$]*\)\$.*/\1/p')
		is 'the password has its colon, blank and dollar' "$(file shadow | cut -d: -f2 | head -n 1)" \
			"$(printf '%s\n' 'se:cr et$x' | mkpasswd -m sha512 -P 0 -S "$salt")"
		run set_userpass 'USERPW=joe:pw' 2>/dev/null
		is 'a user is made' "$(file passwd | tail -n 1)" 'joe:x:1000:1000::/home/joe:/bin/sh'
		is 'with a password' "$(file shadow | tail -n 1 | sed 's/\$6\$[^:]*/HASH/')" 'joe:HASH:::::::'
	else
		echo "# no mkpasswd: passwords are tested in containers only"
	fi
	is 'a name that is a pattern is refused' \
		"$(run set_userpass 'USERPW=.*:pw/' 2>&1 || echo refused)" "$(printf 'bad user name\nrefused')"

	# the console
	printf 'id:2:initdefault:\n' >"$root/etc/inittab"
	run set_console
	is 'a login on the console' "$(file inittab)" \
		"$(printf 'id:2:initdefault:\n%s\nvz1:2345:respawn:/sbin/getty 38400 console\n%s' "$B" "$E")"
}

# every action of every file has its script
sh=conf
for conf in "$dists"/*.conf; do
	while IFS='=' read -r key script; do
		[ -f "$dists/scripts/$script" ] || is "${conf##*/}: $key" "$script" 'a file'
	done < <(grep -v '^#' "$conf")
done
is 'there is a default' "$(basename "$dists"/default.conf)" default.conf

for sh in bash dash "busybox sh"; do
	if command -v "${sh%% *}" >/dev/null; then
		tests
	fi
done
echo "1..$n"
[ "$bad" -eq 0 ]
