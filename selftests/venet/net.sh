# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by, and set by, the test files
#
# Plain network namespaces stand in for containers:
#
#	  vt1 (CT 90101)         vt2 (CT 90102)
#	  venet0                 venet0
#	  10.91.0.1, fd91::1     10.91.0.2, fd91::2
#	       \                     /
#	        \____ venet0 _______/            vtout
#	               host ------ vtveth ------ eth0
#	              10.92.0.1, fd92::1         10.92.0.2, fd92::2
#
# setup makes all of it; leaving the script undoes it. `pkt` calls the host "-".

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

PATH=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd):$PATH:/usr/sbin:/sbin
V1=90101 V2=90102 V3=90103
A4=([1]=10.91.0.1 [2]=10.91.0.2) A6=([1]=fd91::1 [2]=fd91::2)
HOST4=10.92.0.1 HOST6=fd92::1 OUT4=10.92.0.2 OUT6=fd92::2
SYSCTLS=(net.ipv4.ip_forward net.ipv6.conf.all.forwarding)
SAVED=()

if [ ! -e /sys/class/net/venet0 ]; then
	fail "this kernel has venet"
	done_testing
fi

# ct N VEID: namespace vtN with a venet device and no address
ct() {
	ip netns add "vt$1"
	venetctl link "$2" "vt$1"
	ip -n "vt$1" link set lo up
	ip -n "vt$1" link set venet0 up
	ip -n "vt$1" route add default dev venet0
	ip -n "vt$1" -6 route add default dev venet0
}

# own N VEID ADDR: gives the address to the CT, in the way the tools do it
own() {
	local len=32
	case $3 in
	*:*) len=128 ;;
	esac
	venetctl add "$2" "$3"
	ip route replace "$3/$len" dev venet0
	ip -n "vt$1" addr add "$3/$len" dev venet0
}

setup() {
	local s n
	for s in "${SYSCTLS[@]}"; do
		SAVED+=("$s=$(sysctl -n "$s")")
		sysctl -qw "$s=1"
	done
	ip link set venet0 up
	ip netns add vtout
	ip link add vtveth type veth peer name eth0 netns vtout
	ip addr add $HOST4/24 dev vtveth
	ip addr add $HOST6/64 dev vtveth nodad
	ip link set vtveth up
	ip -n vtout addr add $OUT4/24 dev eth0
	ip -n vtout addr add $OUT6/64 dev eth0 nodad
	ip -n vtout link set lo up
	ip -n vtout link set eth0 up
	ip -n vtout route add default via $HOST4
	ip -n vtout -6 route add default via $HOST6
	ct 1 $V1
	ct 2 $V2
	for n in 1 2; do
		own $n $((90100 + n)) "${A4[n]}"
		own $n $((90100 + n)) "${A6[n]}"
	done
	# both ends of the veth pair are up at once, but IPv6 hears of it later
	wait_for 10 pkt ping - $OUT6 >/dev/null
}

teardown() {
	local n
	for n in $(ip netns list | awk '/^vt/ { print $1 }'); do
		ip netns pids "$n" | xargs -r kill -9
		ip netns del "$n"
	done
	ip link del vtveth 2>/dev/null
	ip route flush dev venet0 proto boot
	ip -6 route flush dev venet0 proto boot
	[ ${#SAVED[@]} = 0 ] || sysctl -qw "${SAVED[@]}"
}
at_exit teardown

# family 4|6: sets ct1, ct2, host and out to the addresses of that family
family() {
	if [ "$1" = 4 ]; then
		ct1=${A4[1]} ct2=${A4[2]} host=$HOST4 out=$OUT4
	else
		ct1=${A6[1]} ct2=${A6[2]} host=$HOST6 out=$OUT6
	fi
}

# stat N NAME: a counter of the venet0 of vtN; N = - for the host
stat() {
	if [ "$1" = - ]; then
		cat "/sys/class/net/venet0/statistics/$2"
	else
		ip netns exec "vt$1" cat "/sys/class/net/venet0/statistics/$2"
	fi
}

# grows BY N NAME CMD...: CMD makes the counter grow by exactly BY
grows() {
	local by=$1 n=$2 name=$3 before after
	shift 3
	before=$(stat "$n" "$name")
	"$@" || return 1
	after=$(stat "$n" "$name")
	[ $((after - before)) = "$by" ] || {
		echo "# $name grew by $((after - before)), not by $by"
		return 1
	}
}

# entered PID [OTHER]: the process has a namespace of its own, and not OTHER's
entered() {
	local ns
	ns=$(readlink "/proc/$1/ns/net") && [ "$ns" != "$(readlink /proc/self/ns/net)" ] &&
		[ "$ns" != "$(readlink "/proc/${2:-self}/ns/net")" ]
}

# klog TEXT: the kernel has said so
klog() {
	dmesg | grep -F -- "$1" >/dev/null
}

# the answer of venetctl, and its exit status ignored
says() {
	venetctl "$@" 2>&1 || true
}

owned() {
	venetctl list | wc -l
}
