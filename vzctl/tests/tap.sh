# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # $work, where what is printed is kept, and $VZCTL: set by who sources this
#
# TAP of what vzctl, or another tool, does and says. $n tests, $bad of them failed.
n=0 bad=0

ok() {
	n=$((n + 1))
	local what=$1
	shift
	if "$@"; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		sed 's/^/# /' "$work/out" "$work/err"
		bad=$((bad + 1))
	fi
}
is() { ok "$1 (got '$2', wanted '$3')" [ "$2" = "$3" ]; }
# rc CODE ARGUMENTS: vzctl with them exits with CODE
rc() {
	local want=$1 got=0
	shift
	"$VZCTL" "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	is "vzctl $*" "$got" "$want"
}
said() { ok "it says: $1" grep -qE -- "$1" "$work/out" "$work/err"; }
