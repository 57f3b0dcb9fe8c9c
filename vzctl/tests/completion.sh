#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What Tab offers, in a tree of files of our own.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
# shellcheck disable=SC2317
cleanup() { rm -rf "$work"; }
trap cleanup EXIT
mkdir -p "$work"/{etc/vz/{conf,names},vz/template/cache,proc/vz,sys/class/net/{br0/bridge,eth7/device,lo}}
echo 'NAME="web"' >"$work/etc/vz/conf/101.conf"
cat >"$work/etc/vz/conf/102.conf" <<'E'
IP_ADDRESS="10.0.0.1 10.0.0.2"
NETIF="ifname=eth0,host_ifname=web0;ifname=lan1,bridge=br0"
NETDEV="eth5 eth6"
E
touch "$work"/etc/vz/conf/{0.conf,ve-light.conf-sample,103.conf.destroyed}
ln -s /etc/vz/conf/101.conf "$work/etc/vz/names/web"
touch "$work/vz/template/cache/debian-12-x86_64.tar.zst"
printf '%10d     0     3\n' 0 101 >"$work/proc/vz/veinfo"

# shellcheck disable=SC2317
compopt() { :; }
# shellcheck source=/dev/null
. <(sed -e "s,/etc/vz,$work/etc/vz,g; s,/sys/class,$work/sys/class,g; s,/vz/template,$work/vz/template,g; s,/proc/vz,$work/proc/vz,g" \
	"$here/../completion/vzctl")

rc=0
# offers WANTED WORD…: completing the last word offers exactly these
offers() {
	local want=$1 got
	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	"_$1"
	got="${COMPREPLY[*]}"
	if [ "$got" != "$want" ]; then
		echo "$*: \"$got\", not \"$want\"" >&2
		rc=1
	fi
}

offers 'start stop status' vzctl st
offers '--verbose --version' vzctl --ver
offers '102' vzctl start ''
offers '101 web' vzctl --quiet stop ''
offers '101 web 102 0' vzctl set ''
offers '101 web 102' vzctl status ''
offers 'web' vzctl exec w
offers '--hostname --host_ifname --host_mac' vzctl set 101 --host
offers '--hostname' vzctl create 105 --host
offers '--save' vzctl set 101 --onboot yes --sa
offers 'yes no' vzctl set 101 --onboot ''
offers 'debian-12-x86_64' vzctl create 105 --ostemplate d
offers 'light' vzctl create 105 --config ''
offers 'all 10.0.0.1 10.0.0.2' vzctl set 102 --ipdel ''
offers 'all eth0 lan1' vzctl set 102 --netif_del ''
offers 'lan1' vzctl set 102 --ifname l
offers 'eth5 eth6' vzctl set 102 --netdev_del ''
offers 'eth7' vzctl set 102 --netdev_add ''
offers 'br0' vzctl set 102 --ifname eth0 --bridge b
offers '--fast' vzctl stop 101 --f
offers '' vzctl create ''
offers '--json' vzlist --j
offers '101 web 102' vzlist -a ''
offers '--pid' vzpid --p
offers '-D -U -e -i -c -w -h --help --version' arpsend -
offers 'eth7' arpsend -D -e 10.0.0.1 ''
offers '-D -c -w -h --help --version' ndsend -
offers '101 web' vzubc -q ''
offers '101 web' vznetstat -v ''
offers '1 10 11 12 13 14 15' vznetstat -c 1
offers 'class_load class_unload class_list' vztactl class
offers '101 web' vztactl reset_ve_stat ''
offers '-w -wd -wt -wn' vzubc -w
offers '--repair' vzcfgvalidate --r
offers 'yes no' vzcfgvalidate -v ''
offers "$work/etc/vz/conf/0.conf $work/etc/vz/conf/101.conf $work/etc/vz/conf/102.conf $work/etc/vz/conf/ve-light.conf-sample" vzcfgvalidate ''
offers 'web' vzcalc -v w
offers '--absolute' vzmemcheck --a
offers '-v --verbose --help --version' vzcpucheck ''
offers '0 1 2 3 4 5 6 7' vzctl set 101 --ioprio ''
offers 'auto all' vzctl set 101 --cpumask ''
offers '--num' vzsplit --n
offers '' vzsplit -n ''
exit $rc
