#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shellcheck disable=SC2016 # dollars are meant
#
# The distribution scripts below a directory of their own: what they write, and
# that no line of the user's is lost.  TAP.  Usage: dists.sh DISTS-DIR SHELL…
set -euo pipefail
dists=$(readlink -f "${1:-$(dirname "$0")/../dists}")
[ $# -gt 1 ] || set -- "$dists" bash dash "busybox sh"
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
		env -i PATH="$PATH" VZ_DIST_ROOT="$root" VEID=100001 "$@" $sh
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
isnt() {
	if [ "$2" != "$3" ]; then
		is "$1" same same
	else
		is "$1" "$2" 'anything else'
	fi
}
file() { cat "$root/etc/$1"; }
B='# begin of what vzctl writes; keep your own lines outside'
E='# end of what vzctl writes'

# The distributions: a small root of each, with what a user has there.  put FILE
# makes one from standard input, links LINK:TARGET… symbolic links.
put() {
	[ -d "$root/${1%/*}" ] || mkdir -p "$root/${1%/*}"
	cat >"$root/$1"
}
empty() {
	local f
	for f in "$@"; do
		put "$f" </dev/null
	done
}
links() {
	local l
	for l in "$@"; do
		mkdir -p "$(dirname "$root/${l%%:*}")"
		ln -s "${l#*:}" "$root/${l%%:*}"
	done
}
enable() {
	links "etc/systemd/system/multi-user.target.wants/$1.service:/lib/systemd/system/$1.service"
}

# one for each network manager, and others that have the same one
dists_with_files=(debian arch ubuntu rocky rhel-7 opensuse arch-netctl gentoo slackware altlinux)
others=(alpine devuan debian-networkd ubuntu-nm fedora tumbleweed)

fixture() {
	local to=$root
	rm -rf "$root"
	if [ ! -d "$bin/fixtures/$1" ]; then
		root=$bin/fixtures/$1
		mkdir -p "$root/etc"
		make_fixture "$1"
		root=$to
	fi
	cp -a "$bin/fixtures/$1" "$root"
	[ "$sh" = none ] || run set_hostname HOSTNM=www
}
make_fixture() {
	printf '127.0.0.1 localhost\n10.9.9.9 db # theirs\n' | put etc/hosts
	case $1 in
	debian | devuan | alpine)
		put etc/network/interfaces <<-'END'
			# mine
			auto lo
			iface lo inet loopback

			auto eth0
			iface eth0 inet static
			    address 192.168.1.2/24
			    up echo "it's up: $IFACE"
			source /etc/network/interfaces.d/*
		END
		put etc/network/interfaces.d/lab <<<'# nothing yet'
		case $1 in
		debian) put sbin/ifup </dev/null; enable networking; mkdir -p "$root/etc/systemd/network" ;;
		devuan) put sbin/ifup </dev/null; links etc/rcS.d/S13networking:../init.d/networking ;;
		alpine) links sbin/ifup:/bin/busybox etc/runlevels/boot/networking:/etc/init.d/networking ;;
		esac ;;
	debian-networkd | arch)
		put usr/lib/systemd/systemd-networkd </dev/null
		enable systemd-networkd
		[ "$1" != debian-networkd ] || { put etc/network/interfaces </dev/null; put sbin/ifup </dev/null; }
		put etc/systemd/network/20-eth0.network <<-'END'
			[Match]
			Name=eth0

			[Network]
			DHCP=yes
		END
		;;
	ubuntu)
		put usr/sbin/netplan </dev/null
		enable systemd-networkd
		mkdir -p "$root/etc/systemd/network"
		put etc/netplan/50-cloud-init.yaml <<-'END'
			network:
			    version: 2
			    ethernets:
			        eth0:
			            dhcp4: true
		END
		;;
	ubuntu-nm)
		put usr/sbin/netplan </dev/null
		put usr/sbin/NetworkManager </dev/null
		enable NetworkManager
		put etc/netplan/01-network-manager-all.yaml <<-'END'
			network:
			  version: 2
			  renderer: NetworkManager
		END
		mkdir -p "$root/etc/NetworkManager/system-connections"
		;;
	rocky | fedora | tumbleweed)
		put usr/sbin/NetworkManager </dev/null
		enable NetworkManager
		put etc/NetworkManager/system-connections/eth0.nmconnection <<-'END'
			[connection]
			id=eth0
			type=ethernet
			interface-name=eth0
		END
		[ "$1" != rocky ] || put etc/sysconfig/network-scripts/readme-ifcfg-rh.txt <<<'read me'
		[ "$1" != rocky ] || put etc/sysconfig/network <<<'# mine'
		;;
	rhel-7)
		put usr/sbin/NetworkManager </dev/null
		enable NetworkManager
		put etc/sysconfig/network-scripts/ifup </dev/null
		printf 'NETWORKING=yes\n' | put etc/sysconfig/network
		printf 'DEVICE=eth0\nONBOOT=yes\n' | put etc/sysconfig/network-scripts/ifcfg-eth0
		mkdir -p "$root/etc/NetworkManager/system-connections"
		;;
	opensuse)
		links etc/systemd/system/network.service:/usr/lib/systemd/system/wicked.service
		printf '## Type: string\nNETCONFIG_DNS_STATIC_SERVERS=""\n' | put etc/sysconfig/network/config
		printf "STARTMODE='auto'\nBOOTPROTO='dhcp'\n" | put etc/sysconfig/network/ifcfg-eth0
		;;
	arch-netctl)
		put etc/netctl/eth0 <<<'Interface=eth0'
		mkdir -p "$root/etc/systemd/network"
		;;
	gentoo)
		put etc/init.d/net.lo </dev/null
		mkdir -p "$root/etc/runlevels/default"
		printf '# mine\nconfig_eth0="dhcp"\n' | put etc/conf.d/net
		;;
	slackware)
		printf 'IFNAME[0]="eth0"\nUSE_DHCP[0]="yes"\n' | put etc/rc.d/rc.inet1.conf
		;;
	altlinux)
		put etc/net/ifaces/eth0/options <<<'TYPE=eth'
		;;
	esac
}

# modes, names and contents of all files
state() {
	(cd "$root" && find . -mindepth 1 -type f -printf '%m %p\n' -o -type l -printf '%p -> %l\n' | sort
		find . -type f -print0 | sort -z | xargs -0 cat)
}
times() {
	(cd "$root" && find . -mindepth 1 -printf '%p %T@ %i\n' | sort)
}

# what stands in the files that vzctl has changed or made, and nowhere else
expected() {
	local b="$B" e="$E"
	case $1 in
	debian | devuan | alpine)
		echo ./etc/network/interfaces
		cat "$bin/fixtures/debian/etc/network/interfaces"
		sed 's/^>/\t/' <<-END
			$b
			auto venet0
			iface venet0 inet static
			>pre-up ip -4 addr flush dev venet0
			>address 10.0.0.1
			>netmask 255.255.255.255
			>up ip addr add 10.0.0.2/32 dev venet0
			>up ip -4 route add default via 169.254.0.1 dev venet0 onlink || ip -4 route add default dev venet0 || true
			iface venet0 inet6 static
			>pre-up ip -6 addr flush dev venet0 scope global
			>address fd00::1
			>netmask 128
			>up ip -6 route add default via fe80::1 dev venet0 || true
			$e
		END
		;;
	debian-networkd | arch)
		cat <<-END
			./etc/systemd/network/10-venet0.network
			$b
			[Match]
			Name=venet0

			[Network]
			Address=10.0.0.1/32
			Address=10.0.0.2/32
			Address=fd00::1/128
			Address=fe80::1:1:86a1/64
			LinkLocalAddressing=no
			IPv6AcceptRA=no

			[Route]
			Gateway=169.254.0.1
			GatewayOnLink=yes

			[Route]
			Gateway=fe80::1
			GatewayOnLink=yes
			$e
		END
		;;
	ubuntu)
		cat <<-END
			./etc/netplan/90-venet0.yaml
			$b
			network:
			  version: 2
			  ethernets:
			    venet0:
			      link-local: []
			      accept-ra: false
			      addresses:
			        - "10.0.0.1/32"
			        - "10.0.0.2/32"
			        - "fd00::1/128"
			        - "fe80::1:1:86a1/64"
			      routes:
			        - to: "0.0.0.0/0"
			          via: "169.254.0.1"
			          on-link: true
			        - to: "::/0"
			          via: "fe80::1"
			          on-link: true
			$e
		END
		;;
	ubuntu-nm | rocky | fedora | tumbleweed)
		cat <<-END
			./etc/NetworkManager/system-connections/venet0.nmconnection
			# vzctl keeps the addresses; the rest is yours
			[connection]
			id=venet0
			uuid=42e6f17f-b10c-4018-9c19-91d5cf2f4165
			type=generic
			interface-name=venet0

			[ipv4]
			method=manual
			address1=10.0.0.1/32
			address2=10.0.0.2/32
			gateway=169.254.0.1

			[ipv6]
			method=manual
			address1=fd00::1/128
			gateway=fe80::1
		END
		;;
	rhel-7)
		cat <<-END
			./etc/sysconfig/network-scripts/ifcfg-venet0
			$b
			DEVICE=venet0
			ONBOOT=yes
			NM_CONTROLLED=no
			BOOTPROTO=none
			ARPCHECK=no
			ARPUPDATE=no
			NOZEROCONF=yes
			IPADDR=10.0.0.1
			PREFIX=32
			IPADDR1=10.0.0.2
			PREFIX1=32
			GATEWAYDEV=venet0
			IPV6INIT=yes
			IPV6_AUTOCONF=no
			IPV6_DEFAULTDEV=venet0
			IPV6ADDR=fd00::1/128
			$e
		END
		;;
	opensuse)
		cat <<-END
			./etc/sysconfig/network/ifcfg-venet0
			$b
			STARTMODE='manual'
			BOOTPROTO='static'
			IPADDR='10.0.0.1/32'
			IPADDR_1='10.0.0.2/32'
			IPADDR_2='fd00::1/128'
			$e
			./etc/sysconfig/network/ifroute-venet0
			$b
			default - - venet0
			::/0 - - venet0
			$e
		END
		;;
	arch-netctl)
		cat <<-END
			./etc/netctl/venet0
			$b
			Description='venet0, as the host has set it up'
			Interface=venet0
			Connection=ethernet
			ForceConnect=yes
			SkipNoCarrier=yes
			IP=static
			Address=(10.0.0.1/32 10.0.0.2/32)
			Routes=(default)
			IP6=static
			Address6=(fd00::1/128)
			Routes6=(default)
			$e
		END
		;;
	gentoo)
		cat <<-END
			./etc/conf.d/net
			# mine
			config_eth0="dhcp"
			$b
			config_venet0="10.0.0.1/32
			10.0.0.2/32
			fd00::1/128"
			routes_venet0="default
			::/0"
			$e
		END
		;;
	slackware)
		cat <<-END
			./etc/rc.d/rc.inet1.conf
			IFNAME[0]="eth0"
			USE_DHCP[0]="yes"
			$b
			# venet0 is set up by the host, its addresses are:
			# 10.0.0.1/32
			# 10.0.0.2/32
			# fd00::1/128
			$e
		END
		;;
	altlinux)
		printf "./etc/net/ifaces/venet0/%s\n$b\n%s\n$e\n" ipv4address "$(printf '10.0.0.1/32\n10.0.0.2/32')" \
			ipv4route 'default dev venet0' ipv6address fd00::1/128 ipv6route 'default dev venet0' \
			options "$(printf 'TYPE=eth\nBOOTPROTO=static\nDISABLED=yes')"
		;;
	esac
}
# the files of $root that differ from those of $bin/before, but for hosts
changed() {
	local f
	diff -rqN --no-dereference "$bin/before" "$root" 2>/dev/null | sed -n 's/.* and \(.*\) differ$/\1/p' | sort | while read -r f; do
		[ "$f" = "$root/etc/hosts" ] || [ -L "$f" ] || { echo ".${f#"$root"}"; cat "$f"; }
	done
}

distribution() {
	local d=$1 before
	fixture "$d"
	before=$(state)
	rm -rf "$bin/before"
	cp -a "$root" "$bin/before"
	run add_ip IP_ADDR='10.0.0.1/24 10.0.0.2 fd00::1/64' IPDELALL=yes IPV6=yes
	is "$d: the addresses, where they belong" "$(changed)" "$(expected "$d")"
	if [[ " ${others[*]} " = *" $d "* ]]; then
		run del_ip IP_ADDR= IPDELALL=yes IPV6=yes
		is "$d: all are removed, and every byte is as before" "$(state)" "$before"
		return
	fi
	is "$d: hosts" "$(file hosts)" \
		"$(printf '127.0.0.1 localhost\n10.9.9.9 db # theirs\n%s\n10.0.0.1 www\n%s' "$B" "$E")"
	times >"$bin/times"
	run add_ip IP_ADDR='10.0.0.1/24 10.0.0.2 fd00::1/64' IPDELALL=yes IPV6=yes
	is "$d: the same again touches nothing" "$(times)" "$(cat "$bin/times")"
	run del_ip IP_ADDR='10.0.0.1 10.0.0.2' IP_ALL=fd00::1 IPV6=yes
	is "$d: IPv4 is removed" "$(grep -rlE '10\.0\.0\.|venet0 inet static|169\.254|0\.0\.0\.0' "$root" || :)" ''
	isnt "$d: IPv6 is not" "$(grep -rF fd00::1 "$root" || :)" ''
	run add_ip IP_ADDR='10.0.0.1 fd00::1' IPDELALL=yes IPV6=no
	is "$d: IPv4 alone" "$(grep -rlE 'fd00|fe80|inet6|::/0' "$root" || :)" ''
	run del_ip IP_ADDR= IPDELALL=yes IPV6=yes
	is "$d: all are removed, and every byte is as before" "$(state)" "$before"
	case $d in
	debian)
		# the strictest reader of such files that is at hand
		run add_ip IP_ADDR='10.0.0.1/24 10.0.0.2 fd00::1/64 fd00::2' IPDELALL=yes IPV6=yes
		if command -v busybox >/dev/null && busybox ifup --help 2>&1 | grep -q Usage; then
			grep -v '^source' "$root/etc/network/interfaces" >"$bin/interfaces"
			is "$d: busybox ifup" "$(busybox ifup -n -v -i "$bin/interfaces" venet0 2>&1 | grep '^ip')" \
				"$(cat <<-'END'
				ip -4 addr flush dev venet0
				ip addr add 10.0.0.1/32 dev venet0 label venet0
				ip link set venet0 up
				ip addr add 10.0.0.2/32 dev venet0
				ip -4 route add default via 169.254.0.1 dev venet0 onlink || ip -4 route add default dev venet0 || true
				ip -6 addr flush dev venet0 scope global
				ip addr add fd00::1/128 dev venet0 label venet0
				ip link set venet0 up
				ip addr add fd00::2/128 dev venet0
				ip -6 route add default via fe80::1 dev venet0 || true
				END
				)"
		fi ;;
	ubuntu | rocky)
		run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes IPV6=yes
		is "$d: nobody else reads the file" "$(find "$root" -name '*venet0*' -printf %m)" 600 ;;
	opensuse | rhel-7 | arch-netctl)
		run add_ip IP_ADDR='10.0.0.1 10.0.0.2' IPDELALL=yes IPV6=yes
		# shellcheck disable=SC1090
		is "$d: a shell reads it" "$(
			. "$(find "$root" -name 'ifcfg-venet0' -o -path '*/netctl/venet0')"
			# shellcheck disable=SC2154
			echo "${IPADDR:-${Address[0]:-}} ${IPADDR1:-${IPADDR_1:-${Address[1]:-}}}" | sed 's|/32||g')" \
			'10.0.0.1 10.0.0.2' ;;
	gentoo)
		run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes IPV6=yes
		is "$d: venet0 starts with the runlevel" \
			"$(readlink "$root/etc/init.d/net.venet0" "$root/etc/runlevels/default/net.venet0")" \
			"$(printf 'net.lo\n/etc/init.d/net.venet0')"
		rm "$root/etc/runlevels/default/net.venet0"
		run add_ip IP_ADDR=10.0.0.2 IPDELALL=yes IPV6=yes
		is "$d: and not if the user does not want it" "$(find "$root/etc/runlevels" -type l)" '' ;;
	esac
}

# which manager it is, and what the user says about venet0
choices() {
	local full
	fixture debian
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	enable systemd-networkd
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	is 'another manager is enabled: the addresses move there' "$(grep -rlF 10.0.0.1 "$root" | sort)" \
		"$(printf '%s\n' "$root/etc/hosts" "$root/etc/systemd/network/10-venet0.network")"
	ln -s /dev/null "$root/etc/systemd/system/systemd-networkd.service"
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	is 'and back when it is masked' "$(grep -rlF 10.0.0.1 "$root" | sort)" \
		"$(printf '%s\n' "$root/etc/hosts" "$root/etc/network/interfaces")"
	put etc/network/interfaces.d/venet <<<'iface venet0 inet manual'
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	is 'ifupdown: what the user says about venet0 holds' "$(state | grep -c 'iface venet0')" 1
	fixture debian
	put usr/sbin/netplan </dev/null
	mkdir -p "$root/etc/netplan"
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	is 'netplan without a file, beside ifupdown: is not used' "$(ls "$root/etc/netplan")" ''

	fixture ubuntu
	printf 'network:\n  ethernets:\n    venet0:\n      addresses: [10.1.1.1/32]\n' | put etc/netplan/60-own.yaml
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	is 'netplan: what the user says about venet0 holds' "$(ls "$root/etc/netplan")" \
		"$(printf '50-cloud-init.yaml\n60-own.yaml')"

	fixture arch
	run add_ip IP_ADDR='10.0.0.1 10.0.0.2' IPDELALL=yes
	printf '\n[Network]\nDNS=10.0.0.53\n' >>"$root/etc/systemd/network/10-venet0.network"
	run del_ip IP_ADDR=10.0.0.2 IP_ALL=10.0.0.1
	is 'what the user adds to a file of ours stays' "$(file systemd/network/10-venet0.network | tail -n 2)" \
		"$(printf '[Network]\nDNS=10.0.0.53')"
	run del_ip IPDELALL=yes
	is 'even without addresses' "$(file systemd/network/10-venet0.network)" \
		"$(printf '%s\n# nothing\n%s\n\n[Network]\nDNS=10.0.0.53' "$B" "$E")"
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	is 'and the addresses come back' "$(file systemd/network/10-venet0.network | grep -c '^Address=10.0.0.1/32')" 1
	fixture arch
	put etc/systemd/network/50-venet.network <<<$'[Match]\nName=venet*'
	full=$(state)
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	is 'networkd: what the user says about venet0 holds' "$(state | grep -v 10.0.0.1)" \
		"$(grep -v 127.0.1.1 <<<"$full")"
	mv "$root/etc/systemd/network/50-venet.network" "$root/etc/systemd/network/10-venet0.network"
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	run del_ip IPDELALL=yes
	is 'and so does a file of the same name' "$(file systemd/network/10-venet0.network)" \
		"$(printf '[Match]\nName=venet*')"

	# as NetworkManager writes it after a change
	fixture rocky
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	put etc/NetworkManager/system-connections/venet0.nmconnection <<-'END'
		[connection]
		id=venet0
		uuid=42e6f17f-b10c-4018-9c19-91d5cf2f4165
		type=generic
		interface-name=venet0
		zone=public
		timestamp=1700000000

		[ipv4]
		address1=10.0.0.1/32
		address2=10.0.0.3/32
		dns=10.0.0.53;
		method=manual
		route1=0.0.0.0/0
		route2=10.7.0.0/16

		[ipv6]
		addr-gen-mode=default
		method=ignore

		[proxy]
	END
	run add_ip IP_ADDR=fd00::1 IP_ALL='10.0.0.2 fd00::1'
	is 'NetworkManager: settings of the user stay when the addresses change' \
		"$(file NetworkManager/system-connections/venet0.nmconnection)" "$(cat <<-'END'
		[connection]
		id=venet0
		uuid=42e6f17f-b10c-4018-9c19-91d5cf2f4165
		type=generic
		interface-name=venet0
		zone=public
		timestamp=1700000000

		[ipv4]
		method=manual
		address1=10.0.0.2/32
		gateway=169.254.0.1
		dns=10.0.0.53;
		route2=10.7.0.0/16

		[ipv6]
		method=manual
		address1=fd00::1/128
		gateway=fe80::1
		addr-gen-mode=default

		[proxy]
		END
		)"
	fixture rocky
	put etc/NetworkManager/system-connections/my.nmconnection <<<$'[connection]\ninterface-name=venet0'
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	is 'NetworkManager: what the user says about venet0 holds' \
		"$(ls "$root/etc/NetworkManager/system-connections")" "$(printf 'eth0.nmconnection\nmy.nmconnection')"
	fixture gentoo
	printf 'config_venet0="null"\n' >>"$root/etc/conf.d/net"
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	is 'netifrc: what the user says about venet0 holds' "$(file conf.d/net | grep -c venet0)" 1
	fixture rhel-7
	put etc/sysconfig/network-scripts/ifcfg-venet0 <<<'DEVICE=venet0'
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	run del_ip IPDELALL=yes
	is 'Red Hat: and so does a file of that name' "$(file sysconfig/network-scripts/ifcfg-venet0)" DEVICE=venet0

	# a root that vzctl must not write into
	fixture debian-networkd
	put etc/NIXOS </dev/null
	put nix/store/abc/hosts <<<'127.0.0.1 localhost'
	ln -sf ../nix/store/abc/hosts "$root/etc/hosts"
	full=$(state)
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	run set_hostname HOSTNM=www IP_ADDR=10.0.0.1
	is 'NixOS: its store and its network are left alone' "$(state)" "$full"
	# a quota or a full disk
	fixture debian
	mkdir "$root/etc/network/interfaces.vzctl"
	is 'a file that cannot be written is an error, and stays' \
		"$(run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes 2>/dev/null; echo $?; file network/interfaces)" \
		"$(echo 1; cat "$bin/fixtures/debian/etc/network/interfaces")"
}

# what the addresses were given with is on venet0 if that is wanted
masks() {
	fixture debian-networkd
	run add_ip IP_ADDR='10.0.0.1/24 10.0.0.2 10.9.0.1/255.255.240.0 fd00::1/64' IPDELALL=yes IPV6=yes USE_VENET_MASK=yes
	is 'networkd: the lengths they were given with' "$(grep -o '^Address=[1f]d*.*' "$root/etc/systemd/network/10-venet0.network" | tr '\n' ' ')" \
		'Address=10.0.0.1/24 Address=10.0.0.2/32 Address=10.9.0.1/20 Address=fd00::1/64 Address=fe80::1:1:86a1/64 '
	fixture debian
	run add_ip IP_ADDR='10.0.0.1/20 10.0.0.2/24 fd00::1/64' IPDELALL=yes IPV6=yes USE_VENET_MASK=yes
	is 'ifupdown: the lengths they were given with' "$(sed -n 's/^\t\(netmask .*\|up ip addr.*\)/\1/p' "$root/etc/network/interfaces" | tr '\n' ';')" \
		'netmask 255.255.240.0;up ip addr add 10.0.0.2/24 dev venet0;netmask 64;'
}

# the device may have another name
names() {
	local d
	for d in "${dists_with_files[@]}" "${others[@]}"; do
		fixture "$d"
		full=$(state)
		run add_ip IP_ADDR='10.0.0.1/24 fd00::1/64' IPDELALL=yes IPV6=yes
		run add_ip IP_ADDR='10.0.0.1/24 fd00::1/64' IPDELALL=yes IPV6=yes VENET_NAME=eth0.7
		is "$d: a name: the other one is in no file" "$(grep -rlE 'dev venet0|=venet0$|venet0:|iface venet0|_venet0=' "$root" | grep -v nmconnection || :)" ''
		isnt "$d: a name: it is in some" "$(grep -rlE 'eth0[._]7' "$root"; find "$root" -name '*eth0.7*')" ''
		run del_ip IPDELALL=yes VENET_NAME=eth0.7
		is "$d: a name: nothing is left" "$(state)" "$full"
	done
}

# /etc/hosts follows the addresses where SET_HOSTNAME has put something there
hosts_follow() {
	fixture debian
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	run add_ip IP_ADDR=10.0.0.3 IP_ALL='10.0.0.1 10.0.0.3'
	is 'hosts: a second address changes nothing' "$(file hosts | tail -n 2)" "$(printf '10.0.0.1 www\n%s' "$E")"
	run del_ip IP_ADDR=10.0.0.1/32 IP_ALL=10.0.0.3
	is 'hosts: the next one when the first is removed' "$(file hosts | tail -n 2)" \
		"$(printf '10.0.0.3 www\n%s' "$E")"
	run del_ip IP_ADDR= IPDELALL=yes
	is 'hosts: all are removed' "$(file hosts | tail -n 2)" "$(printf '127.0.1.1 www\n%s' "$E")"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	run add_ip IP_ADDR=10.0.0.1 IPDELALL=yes
	is 'hosts: without a name from the host it is the users' "$(file hosts)" '127.0.0.1 localhost'
}

# who else writes /etc/resolv.conf
name_services() {
	local before
	set_and_drop() {
		before=$(state)
		run set_dns NAMESERVER=' 10.0.0.56  10.0.0.57' SEARCHDOMAIN='c.example d.example'
		rm -rf "$bin/before"
		cp -a "$root" "$bin/before"
		touch "$bin/mark"
		run set_dns NAMESERVER='10.0.0.56 10.0.0.57 ' SEARCHDOMAIN='c.example d.example'
		is "$1: the same again touches nothing" "$(find "$root" -newer "$bin/mark")" ''
		run set_dns NAMESERVER= SEARCHDOMAIN=
		is "$1: taken back" "$(state)" "$before"
		rm -rf "$root"
		mv "$bin/before" "$root"
	}
	fixture ubuntu
	links etc/resolv.conf:../run/systemd/resolve/stub-resolv.conf
	put usr/lib/systemd/systemd-resolved </dev/null
	set_and_drop systemd-resolved
	is 'systemd-resolved gets a drop-in' "$(file systemd/resolved.conf.d/10-vzctl.conf)" \
		"$(printf '%s\n[Resolve]\nDNS=10.0.0.56 10.0.0.57\nDomains=c.example d.example\n%s' "$B" "$E")"
	is 'and keeps its link' "$(readlink "$root/etc/resolv.conf")" ../run/systemd/resolve/stub-resolv.conf
	fixture ubuntu
	links etc/resolv.conf:../run/systemd/resolve/stub-resolv.conf
	run set_dns NAMESERVER=10.0.0.56 SEARCHDOMAIN=
	is 'a link that leads nowhere becomes a file' "$(test -L "$root/etc/resolv.conf" || file resolv.conf)" \
		"$(printf '%s\nnameserver 10.0.0.56\n%s' "$B" "$E")"

	fixture rocky
	printf '# Generated by NetworkManager\nnameserver 10.9.9.9\n' | put etc/resolv.conf
	set_and_drop NetworkManager
	is 'NetworkManager is told' "$(file NetworkManager/conf.d/10-vzctl.conf)" "$(cat <<-END
		$B
		[global-dns]
		searches=c.example,d.example

		[global-dns-domain-*]
		servers=10.0.0.56,10.0.0.57
		$E
		END
		)"
	is 'and has them from the first moment' "$(file resolv.conf)" "$(printf '%s\n' "$B" \
		'search c.example d.example' 'nameserver 10.0.0.56' 'nameserver 10.0.0.57' "$E" \
		'# Generated by NetworkManager' 'nameserver 10.9.9.9')"

	fixture opensuse
	links etc/resolv.conf:/run/netconfig/resolv.conf
	set_and_drop netconfig
	is 'netconfig is told' "$(file sysconfig/network/config)" "$(printf '%s\n' '## Type: string' \
		'NETCONFIG_DNS_STATIC_SERVERS=""' "$B" 'NETCONFIG_DNS_STATIC_SERVERS="10.0.0.56 10.0.0.57"' \
		'NETCONFIG_DNS_STATIC_SEARCHLIST="c.example d.example"' "$E")"

	fixture debian
	links etc/resolv.conf:../run/resolvconf/resolv.conf
	put etc/resolvconf/resolv.conf.d/head <<<'# head'
	set_and_drop resolvconf
	is 'resolvconf is told' "$(file resolvconf/resolv.conf.d/head)" "$(printf '%s\n' '# head' "$B" \
		'search c.example d.example' 'nameserver 10.0.0.56' 'nameserver 10.0.0.57' "$E")"

	fixture gentoo
	put sbin/resolvconf </dev/null
	put etc/resolvconf.conf <<<'resolv_conf=/etc/resolv.conf'
	: >"$root/etc/resolv.conf"
	set_and_drop openresolv
	is 'openresolv is told' "$(file resolvconf.conf)" "$(printf '%s\n' 'resolv_conf=/etc/resolv.conf' "$B" \
		'name_servers="10.0.0.56 10.0.0.57"' 'search_domains="c.example d.example"' "$E")"
	rm -rf "$root"
	mkdir -p "$root/etc"
}

# logins on terminals that are not there
terminals() {
	local tab='id:3:initdefault:
1:2345:respawn:/sbin/getty 38400 tty1
#2:23:respawn:/sbin/getty 38400 tty2
ttyS0::respawn:/sbin/getty -L ttyS0 115200 vt100
c3:2345:respawn:/sbin/agetty --noclear 38400 tty3 linux
::ctrlaltdel:/sbin/reboot'
	echo "$tab" >"$root/etc/inittab"
	run pre_start
	is 'inittab: no logins on terminals that are not there' "$(file inittab)" "$(cat <<-'END'
		id:3:initdefault:
		#vzctl: 1:2345:respawn:/sbin/getty 38400 tty1
		#2:23:respawn:/sbin/getty 38400 tty2
		#vzctl: ttyS0::respawn:/sbin/getty -L ttyS0 115200 vt100
		#vzctl: c3:2345:respawn:/sbin/agetty --noclear 38400 tty3 linux
		::ctrlaltdel:/sbin/reboot
		END
		)"
	touch -d @5 "$root/etc/inittab"
	run pre_start
	is 'inittab: the same again writes nothing' "$(stat -c %Y "$root/etc/inittab")" 5
	mkdir -p "$root/dev"
	if mknod "$root/dev/tty1" c 1 3 2>/dev/null && mknod "$root/dev/console" c 1 3; then
		run pre_start
		is 'inittab: they come back with the terminal' "$(file inittab | grep -v '^#vzctl')" \
			"$(grep -v 'ttyS0\|tty3' <<<"$tab")"
		if (: <"$root/dev/console") 2>/dev/null; then
			run set_console
			is 'a login on the console' "$(file inittab | tail -n 3)" \
				"$(printf '%s\nvz1:2345:respawn:/sbin/getty 38400 console\n%s' "$B" "$E")"
			rm "$root/dev/console"
		fi
	fi
	run set_console
	is 'none without a console' "$(file inittab | grep -c console || :)" 0
}

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
	name_services

	masks
	names
	hosts_follow
	# bash takes whatever the others take
	[ "$sh" = bash ] || for d in "${dists_with_files[@]}" "${others[@]}"; do
		distribution "$d"
	done
	choices

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

	terminals
}

# every action of every file has its script
sh=conf
for conf in "$dists"/*.conf; do
	while IFS='=' read -r key script; do
		[ -f "$dists/scripts/$script" ] || is "${conf##*/}: $key" "$script" 'a file'
	done < <(grep -v '^#' "$conf")
done
is 'there is a default' "$(basename "$dists"/default.conf)" default.conf

for sh in "${@:2}"; do
	if command -v "${sh%% *}" >/dev/null; then
		tests
	fi
done
echo "1..$n"
[ "$bad" -eq 0 ]
