# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2016
#
# Helpers of the tests that drive containers through vzctl and vzlist.
#
# A test file sources this, calls
#	t "what is true" FUNCTION [ARGS…]
# for each behaviour and ends with done_testing.  Every FUNCTION runs in a
# subshell of its own with errexit on; what it prints becomes the diagnosis when
# it fails, together with the line that failed.  Inside it, call
#	runs RC CMD…		run CMD, demand exit status RC; texts in $out $err
#	vz RC ARGS…		the same for vzctl
#	has TEXT PART / hasnt TEXT PART / is GOT WANT
#	until_ok SECONDS CMD…	poll CMD until it succeeds
#	skip WHY

set -euo pipefail

export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
# what a previous shell exported must not steer the tools
unset VZ_FAULT VZ_ROOT_PREFIX

# shellcheck disable=SC2034 # used by the test files
SELFTESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BB=${BB:-busybox-x86_64}
T_N=0
T_BAD=0
T_CLEANUP=()
T_DIR=$(mktemp -d /tmp/vztest.XXXXXX)
VZ_CGROUP=/sys/fs/cgroup/vz
out='' err=''

# what to undo at the end, latest first
later() {
	T_CLEANUP+=("$*")
}

t_cleanup() {
	local i
	trap - EXIT
	set +e
	for ((i = ${#T_CLEANUP[@]} - 1; i >= 0; i--)); do
		eval "${T_CLEANUP[i]}" >/dev/null 2>&1
	done
	rm -rf "$T_DIR"
}
trap t_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# errexit ends the test, unless the caller asked for the verdict
fail() {
	echo "$*"
	return 1
}

skip() {
	echo "$*" >"$T_DIR/skip"
	exit 77
}

t() {
	local desc=$1 rc
	shift
	T_N=$((T_N + 1))
	rm -f "$T_DIR/skip"
	set +e
	(
		set -eE
		trap - EXIT
		trap 'echo "line $LINENO: $BASH_COMMAND: status $?" >&2' ERR
		"$@"
	) >"$T_DIR/log" 2>&1 </dev/null
	rc=$?
	set -e
	if [ "$rc" = 0 ]; then
		echo "ok $T_N - $desc"
	elif [ "$rc" = 77 ] && [ -e "$T_DIR/skip" ]; then
		echo "ok $T_N - $desc # SKIP $(<"$T_DIR/skip")"
	else
		T_BAD=$((T_BAD + 1))
		echo "not ok $T_N - $desc"
		tail -n 40 "$T_DIR/log" | cut -c 1-1000 | sed 's/^/# /'
	fi
}

done_testing() {
	echo "1..$T_N"
	[ "$T_BAD" = 0 ]
}

runs() {
	local want=$1 got=0
	shift
	timeout --foreground -k 5 "${T_TIMEOUT:-120}" "$@" >"$T_DIR/out" 2>"$T_DIR/err" || got=$?
	# NUL bytes are none of our business here
	out=$(tr -d '\0' <"$T_DIR/out")
	err=$(tr -d '\0' <"$T_DIR/err")
	if [ "$got" != "$want" ]; then
		printf '%.300s: exit status %s, expected %s\n' "$*" "$got" "$want"
		printf 'stdout: %.3000s\nstderr: %.3000s\n' "$out" "$err"
		return 1
	fi
}

vz() {
	local want=$1
	shift
	runs "$want" vzctl "$@"
}

has() {
	[[ $1 == *"$2"* ]] || fail "'$2' is not in: $1"
}

hasnt() {
	[[ $1 != *"$2"* ]] || fail "'$2' is in: $1"
}

is() {
	[ "$1" = "$2" ] || fail "got '$1', expected '$2'"
}

isnt() {
	[ "$1" != "$2" ] || fail "got '$1', which must not be"
}

# between LOW GOT HIGH
between() {
	if [ "$2" -lt "$1" ] || [ "$2" -gt "$3" ]; then
		fail "$2 is not between $1 and $3"
	fi
}

until_ok() {
	local end=$((SECONDS + $1))
	shift
	until ("$@") >"$T_DIR/poll" 2>&1; do
		if [ $SECONDS -ge $end ]; then
			echo "never true: $*"
			cat "$T_DIR/poll"
			return 1
		fi
		sleep 0.1
	done
}

not() {
	! "$@"
}

# words of `vzctl status`: exist mounted running
status_is() {
	local got
	got=$(vzctl status "$1")
	is "$got" "CTID $1 $2"
}

conf() {
	echo "/etc/vz/conf/$1.conf"
}

# value of KEY in CTID.conf as a shell reads it
conf_get() {
	# shellcheck disable=SC1090
	(set +u; . "$(conf "$1")"; eval "printf '%s' \"\$$2\"")
}

# pid of a running container's init on the host
ct_init() {
	cat "$VZ_CGROUP/$1/ve.init"
}

# a process with this command line is in the container
ct_runs() {
	local p
	while read -r p; do
		[ "$(tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline")" != "$2 " ] || return 0
	done < <(find "$VZ_CGROUP/$1" -name cgroup.procs -exec cat {} +)
	return 1
}

# cpu_ticks CT FIELD…: the sum of fields of cpu.stat, user_usec for one, in ticks as /proc/stat has
cpu_ticks() {
	awk -v fields=" ${*:2} " 'index(fields, " " $1 " ") { n += $2 } END { print int(n / 10000) }' \
		"$VZ_CGROUP/$1/cpu.stat"
}

# has_sample CT NAME: the kernel has the beancounters of that sample, all of them
has_sample() {
	local key value n=0
	while IFS='=' read -r key value; do
		value=${value//\"/}
		value=${value//unlimited/9223372036854775807}
		is "$(awk -v r="${key,,}" '$1 == r { print r, $4 ":" $5 }' "$VZ_CGROUP/$1/ve.ubc")" "${key,,} $value"
		n=$((n + 1))
	done < <(sed -n '/^# UBC/,/^$/{/^[A-Z]*=/p}' "/etc/vz/conf/ve-$2.conf-sample" | grep -v ^AVNUMPROC)
	is $n 20
}

# everything in a running container but its init is killed
no_hogs() {
	vzctl exec2 "$1" 'kill -9 -1' >/dev/null 2>&1 || :
}

# A container for this file: created now, gone at the end.
new_ct() {
	local id=$1
	shift
	later "zap_ct $id"
	zap_ct "$id"
	vzctl create "$id" --ostemplate "$BB" "$@" >"$T_DIR/create" 2>&1 || {
		sed 's/^/# /' "$T_DIR/create"
		echo "Bail out! cannot create container $id"
		exit 1
	}
}

start_ct() {
	vzctl start "$1" >"$T_DIR/start" 2>&1 || {
		sed 's/^/# /' "$T_DIR/start"
		echo "Bail out! cannot start container $1"
		exit 1
	}
}

# Whatever state it is in, get rid of it, without help of what is being tested
# where possible.
zap_ct() {
	local id=$1
	[ -e "$(conf "$id")" ] || [ -e "/vz/private/$id" ] || return 0
	{
		vzctl stop "$id" --fast ||
			echo 1 >"$VZ_CGROUP/$id/cgroup.kill" || :
		vzctl umount "$id" || :
		vzctl destroy "$id" || :
	} >/dev/null 2>&1
	rm -rf "/vz/private/$id" "/vz/root/$id" "/vz/lock/$id.lck"
	rm -f "/etc/vz/conf/$id".{conf,mount,umount,premount,postumount,start,stop}
	rm -f "/etc/vz/conf/$id".*.destroyed
}

# Everything that a failed command must leave as it was.
snap() {
	local d
	find /etc/vz -printf '%p %y %m %U %l ' -exec sh -c \
		'[ -L "$1" ] || [ -d "$1" ] || cksum <"$1"' - {} \; -printf '\n' | sort
	for d in /vz/private /vz/root /vz/tmp /vz/vztmp /var/lib/vzctl; do
		# the directory for what is on its way out may stay, empty
		[ ! -d "$d" ] || find "$d" -maxdepth 2 ! -path '*/vztmp' -printf '%p %y %m %U\n' | sort
	done
	# lock files may stay, empty locks are free
	[ ! -d "$VZ_CGROUP" ] || find "$VZ_CGROUP" -type d | sort
	awk '$5 ~ "^/vz/" { print $5 }' /proc/self/mountinfo | sort
	ip -o addr show | awk '{print $2, $4}' | sort
	ip route show | sort
	ip -6 route show | sed 's/ expires [^ ]*//' | sort
}

unchanged() {
	snap >"$T_DIR/snap.now"
	diff "$T_DIR/snap" "$T_DIR/snap.now" || fail "something changed"
}
