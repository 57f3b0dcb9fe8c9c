# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For the tests of the ve controller: containers made by hand, below
# /sys/fs/cgroup/vz, and gone at the end.
#
#	ct 101			make the cgroup with ve.id 101; its path is $CT
#	start CT CMD...		start it with CMD as init, wait until it runs
#	stop CT			kill its init, wait until it is stopped
#	state CT		print ve.state
#	event CT KEY		print a value of ve.events
#	errno CMD...		print what vetest said, on one line

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

PATH=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")"):$PATH
CG=/sys/fs/cgroup
VZ=$CG/vz

if ! grep -qw ve $CG/cgroup.controllers; then
	not_ok "the kernel has the ve controller"
	done_testing
fi
grep -qw ve $CG/cgroup.subtree_control || echo +ve >$CG/cgroup.subtree_control
[ -d $VZ ] || { mkdir $VZ && at_exit "rmdir $VZ || true"; }
for c in ve memory pids; do
	grep -qw $c $VZ/cgroup.subtree_control || {
		echo +$c >$CG/cgroup.subtree_control
		echo +$c >$VZ/cgroup.subtree_control
	}
done

# These CTs have no configuration: keep vzctl's udev rule off them.
if [ -d /run/udev ]; then
	mkdir -p /run/udev/rules.d
	ln -sf /dev/null /run/udev/rules.d/60-vz.rules
	udevadm control --reload
	at_exit "rm -f /run/udev/rules.d/60-vz.rules; udevadm control --reload"
fi

state() {
	cat "$1/ve.state"
}

event() {
	sed -n "s/^$2 //p" "$1/ve.events"
}

is_state() {
	[ "$(state "$1")" = "$2" ]
}

errno() {
	"$@" 2>&1 | grep -v '^init ' | tr '\n' ' ' | sed 's/ $//'
	return 0
}

# Everything in a cgroup dies and it is removed.
gone() {
	[ -d "$1" ] || return 0
	echo 1 >"$1/cgroup.kill"
	wait_for 20 is_state "$1" stopped
	find "$1" -mindepth 1 -depth -type d -exec rmdir {} +
	wait_for 10 rmdir "$1" || [ ! -d "$1" ]
}

ct() {
	CT=$VZ/$1
	mkdir "$CT"
	at_exit "gone $CT || true"
	echo "$1" >"$CT/ve.id"
}

start() {
	local c=$1
	shift
	vetest start -d "$c" "$@" >/dev/null 2>&1
	wait_for 20 is_state "$c" running
}

stop() {
	kill -9 "$(cat "$1/ve.init")"
	wait_for 20 is_state "$1" stopped
}
