# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC1091,SC2034
#
# Shares, limits and waits of containers, measured against the ideal: fair.c and stall.c, which
# make containers of their own, on top of ../vzctl/ct.sh.  Every figure is printed.
#
# VZ_SCHED_SECONDS: how long each situation is measured (20)
. "$(dirname "${BASH_SOURCE[0]}")/../vzctl/ct.sh"

SECONDS_EACH=${VZ_SCHED_SECONDS:-20}
FAIR=$SELFTESTS/sched/fair STALL=$SELFTESTS/sched/stall
# percent of the ideal that each container, and the median of all, may be off
EACH=2 MEDIAN=1
# and how much of the CPU time that is wanted has to be used
USED=95

exec 3>&1
note() {
	echo "# $*" >&3
}

# These containers have no configuration: keep vzctl's udev rule off them.
if [ -d /run/udev ]; then
	mkdir -p /run/udev/rules.d
	ln -sf /dev/null /run/udev/rules.d/60-vz.rules
	udevadm control --reload
	later "rm -f /run/udev/rules.d/60-vz.rules; udevadm control --reload"
fi

# figures CMD...: all but the last line is of interest only when it fails
figures() {
	local rc=0
	"$@" >"$T_DIR/figures" || rc=$?
	cat "$T_DIR/figures"
	note "$(tail -n 1 "$T_DIR/figures")"
	return $rc
}

# fair GROUP...: see fair.c; it takes a second until all are even
fair() {
	figures "$FAIR" -v -s 2 -t "$EACH" -m "$MEDIAN" -u "$USED" "$SECONDS_EACH" "$@"
}
