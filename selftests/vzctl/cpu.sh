# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC1091,SC2034
#
# Containers that take all CPU time they can get, and on how many CPUs they are; on top of ct.sh.
#
# HOGS_SECONDS: how long it may take until they do (20)
. "$(dirname "${BASH_SOURCE[0]}")/ct.sh"

LOOP='while :; do :; done'

# hogs CT N: the container has N tasks that never sleep
hogs() {
	local i
	for ((i = 0; i < $2; i++)); do
		vzctl exec2 "$1" "$LOOP" >/dev/null 2>&1 &
	done
	until_ok "${HOGS_SECONDS:-20}" has_hogs "$1" "$2"
}
has_hogs() {
	[ "$(wc -l <"$VZ_CGROUP/$1/cgroup.procs")" -gt "$2" ]
}

# watch CT SECONDS: $most $mean $used
watch() {
	local r
	r=$("$SELFTESTS/vzctl/cpuwatch" "$2" "$VZ_CGROUP/$1/cgroup.threads")
	echo "# $1: $r" >&2
	[[ $r =~ ^most\ ([0-9]+)\ mean\ ([0-9.]+)\ used\ ([0-9]+)\ lost\ ([0-9]+)$ ]] || fail "$r"
	most=${BASH_REMATCH[1]} mean=${BASH_REMATCH[2]} used=${BASH_REMATCH[3]}
	is "${BASH_REMATCH[4]}" 0
}

# at_least A PERCENT N: A, which has a fraction, is at least so much of N
at_least() {
	awk -v a="$1" -v p="$2" -v n="${3:-1}" 'BEGIN { exit !(a >= n * p / 100) }' ||
		fail "$1 is less than $2% of ${3:-1}"
}
