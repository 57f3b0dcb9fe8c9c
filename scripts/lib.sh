# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Helpers of the build scripts: where things are, progress, locks, failures.
# Source it after `set -euo pipefail`.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$top/build
logs=$build/logs
mkdir -p "$logs"

# No paths in what is compiled: ccache hits across trees and clones.  It learns what a file
# includes from the compiler; to preprocess it twice takes a quarter longer when nothing is cached.
export CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# duration SECONDS: 75 -> 1m15s
duration() {
	if [ "$1" -ge 60 ]; then
		printf '%dm%02ds' $(($1 / 60)) $(($1 % 60))
	else
		printf '%ds' "$1"
	fi
}

# children_cpu VAR: the seconds of CPU time that the children of this shell have used that
# have been waited for.
children_cpu() {
	local file=$logs/.times.$BASHPID t sum=0 times
	# not in a subshell: that would count its own
	times >"$file"
	times=$(tail -n 1 "$file")
	rm -f "$file"
	for t in $times; do
		t=${t%.*}
		sum=$((sum + ${t%m*} * 60 + ${t#*m}))
	done
	printf -v "$1" '%s' "$sum"
}

# How many jobs to run at once.
jobs() {
	nproc
}

# show_failure LOG: the part of a log that says why, at most 60 lines.
show_failure() {
	local log=$1 first
	first=$(grep -nE '(^|[^a-z])([Ee]rror|ERROR|FAILED|Failed|not ok|undefined reference|No space|cannot )|\*\*\*' \
		"$log" | head -1 | cut -d: -f1 || true)
	printf -- '---- %s\n' "${log#"$top"/}"
	if [ -n "$first" ]; then
		sed -n "$((first > 10 ? first - 10 : 1)),$((first + 30))p" "$log"
		printf -- '---- the end of it\n'
	fi
	tail -n 20 "$log"
	printf -- '----\n'
}

# What runs in the background, each in a process group of its own: whoever leaves takes
# it along, also by Ctrl-C, which background jobs do not hear.
groups_begun=()

begin() {
	set -m
	"$@" &
	begun=$!
	set +m
	groups_begun+=("$begun")
}

end_groups() {
	local p
	for p in "${groups_begun[@]}"; do
		kill -- "-$p" 2>/dev/null || true
	done
}
trap end_groups EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step WHAT LOG [--units REGEX TOTALFILE] -- COMMAND...
# Runs COMMAND with its output in LOG.  Says what runs and, when it is done,
# how long it took and the CPU time of it; on the way how far it is: every 30 seconds, or in place on
# a terminal.  With --units the lines of LOG that match REGEX are counted
# against the number kept in TOTALFILE from the last complete run.
step() {
	local what=$1 log=$2 regex='' totals='' total='' pid rc=0 t0=$SECONDS
	local n=0 last=0 dt line cpu0 cpu
	shift 2
	children_cpu cpu0
	if [ "$1" = --units ]; then
		regex=$2 totals=$3
		shift 3
		if [ -s "$totals" ]; then
			total=$(cat "$totals")
		fi
	fi
	[ "$1" = -- ] && shift
	mkdir -p "$(dirname "$log")"
	printf '%-12s %s\n' '[..]' "$what"
	begin "$@" >"$log" 2>&1
	pid=$begun
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		dt=$((SECONDS - t0))
		if [ -t 1 ]; then
			[ "$dt" -gt "$last" ] || continue
			last=$dt
		elif [ $((dt - last)) -ge 30 ]; then
			last=$dt
		else
			continue
		fi
		if [ -n "$regex" ]; then
			n=$(grep -cE "$regex" "$log" || true)
			line="$n${total:+ of about $total}"
		else
			line=$(tail -n 1 "$log" | tr -d '\r' | cut -c1-60)
		fi
		if [ -t 1 ]; then
			printf '\r\033[K%-12s %s: %s' "[$(duration $dt)]" "$what" "$line"
		else
			printf '%-12s %s: %s\n' "[$(duration $dt)]" "$what" "$line"
		fi
	done
	wait "$pid" || rc=$?
	dt=$((SECONDS - t0))
	if [ -t 1 ]; then
		printf '\r\033[K'
	fi
	if [ $rc -ne 0 ]; then
		printf '%-12s %s: failed, exit status %d\n' "[$(duration $dt)]" "$what" $rc
		show_failure "$log"
		return $rc
	fi
	if [ -n "$regex" ]; then
		n=$(grep -cE "$regex" "$log" || true)
		if [ "$n" -gt "${total:-0}" ]; then
			echo "$n" >"$totals"
		fi
	fi
	children_cpu cpu
	printf '%-12s %s: done, CPU %s\n' "[$(duration $dt)]" "$what" "$(duration $((cpu - cpu0)))"
}

# with_lock NAME COMMAND...: one at a time per NAME, waits for its turn.
with_lock() {
	local name=$1 fd
	shift
	exec {fd}>"$build/.lock-$name"
	if ! flock -n "$fd"; then
		say "waiting for another run of $name"
		flock -w 3600 "$fd" || die "another run of $name holds $build/.lock-$name since an hour"
	fi
	"$@" {fd}>&-
	exec {fd}>&-
}

# parallel WHAT FUNCTION -- COMMAND...: FUNCTION in the background while COMMAND runs;
# fails when one of them does.
parallel() {
	local what=$1 fn=$2 pid rc=0
	shift 3
	begin "$fn"
	pid=$begun
	"$@" || rc=$?
	if [ $rc -ne 0 ]; then
		kill -- "-$pid" 2>/dev/null || true
		wait "$pid" || true
		return $rc
	fi
	wait "$pid" || {
		rc=$?
		say "$what: failed, exit status $rc"
		return $rc
	}
}
