# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# TAP for tests written in bash:
#
#	. "$(dirname "$0")/../lib.sh"
#	run_ok "a true thing" COMMAND...	passes when COMMAND succeeds
#	expect_rc "it is refused" 22 COMMAND...	passes when COMMAND exits with 22
#	is "the answer" "$got" "$wanted"
#	like "the text" "$text" 'REGEX'		extended regular expression
#	wait_for 10 COMMAND...			poll until COMMAND succeeds; 1 after 10 s
#	ok "what" / not_ok "what" [DIAGNOSIS]	a result decided by the test itself
#	skip "what" "why"
#	done_testing				prints the plan, exits 1 if something failed
#
# What COMMAND printed is kept in $output and shown when the test fails.
# at_exit CODE runs CODE at the end, latest first.

export LC_ALL=C
SELFTESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export SELFTESTS
tap_n=0
tap_bad=0
tap_planned=''
tap_undo=()
output=''

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

ok() {
	tap_n=$((tap_n + 1))
	printf 'ok %d - %s\n' $tap_n "$1"
}

not_ok() {
	tap_n=$((tap_n + 1))
	tap_bad=$((tap_bad + 1))
	printf 'not ok %d - %s\n' $tap_n "$1"
	shift
	[ $# -eq 0 ] || diag "$*"
	return 0
}

pass() {
	ok "$@"
}

fail() {
	not_ok "$@"
}

skip() {
	tap_n=$((tap_n + 1))
	printf 'ok %d - %s # SKIP %s\n' $tap_n "$1" "$2"
}

run_ok() {
	local what=$1 rc=0
	shift
	output=$("$@" 2>&1) || rc=$?
	if [ $rc -eq 0 ]; then
		ok "$what"
	else
		not_ok "$what" "$* : exit status $rc
$output"
	fi
}

expect_rc() {
	local what=$1 want=$2 rc=0
	shift 2
	output=$("$@" 2>&1) || rc=$?
	if [ $rc -eq "$want" ]; then
		ok "$what"
	else
		not_ok "$what" "$* : exit status $rc, wanted $want
$output"
	fi
}

is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got:    $2
wanted: $3"
	fi
}

like() {
	if [[ $2 =~ $3 ]]; then
		ok "$1"
	else
		not_ok "$1" "got:    $2
wanted: $3"
	fi
}

wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

at_exit() {
	tap_undo+=("$*")
}

tap_cleanup() {
	# names that no undo code uses: it sees them
	local tap_i rc=$?
	trap - EXIT
	for ((tap_i = ${#tap_undo[@]} - 1; tap_i >= 0; tap_i--)); do
		eval "${tap_undo[tap_i]}" >/dev/null 2>&1
	done
	# Whoever exits early has not said how many tests there should be.
	if [ -z "$tap_planned" ]; then
		diag "ended without done_testing, exit status $rc"
		exit $((rc ? rc : 1))
	fi
	exit "$rc"
}
trap tap_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

done_testing() {
	tap_planned=1
	printf '1..%d\n' $tap_n
	exit $((tap_bad > 0))
}
