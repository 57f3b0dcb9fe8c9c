# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC1091,SC2154
#
# Helpers of the tests of beancounters; on top of ../vzctl/ct.sh.
. "$(dirname "${BASH_SOURCE[0]}")/../vzctl/ct.sh"

# ubc CT RESOURCE COLUMN: held, maxheld, barrier, limit or failcnt of a running container
ubc() {
	local col
	case $3 in
	held) col=2 ;; maxheld) col=3 ;; barrier) col=4 ;; limit) col=5 ;; failcnt) col=6 ;;
	esac
	awk -v r="$2" -v c=$col '$1 == r { print $c; n++ } END { exit !n }' "$VZ_CGROUP/$1/ve.ubc"
}

# held RESOURCE: of the container A
held() {
	ubc "$A" "$1" held
}

larger() {
	echo $(($1 > $2 ? $1 : $2))
}

# with_load CT: ubcload as a program of the container
with_load() {
	install -m 755 "$SELFTESTS/ubc/ubcload" "/vz/private/$1/ubcload"
}

# load CT WORDS: ubcload in the background; its first line in $T_DIR/load once it is there
load() {
	local ct=$1
	shift
	rm -f "/vz/private/$ct/stop" "$T_DIR/load"
	vzctl exec2 "$ct" "exec /ubcload $*" >"$T_DIR/load" 2>"$T_DIR/load.err" &
	until_ok 60 test -s "$T_DIR/load"
}

# unload CT: let it go, and wait until it has
unload() {
	touch "/vz/private/$1/stop"
	wait
	rm -f "/vz/private/$1/stop"
}

# settled CT RESOURCE: held does not change any more; prints it
settled() {
	local last=-1 now same=0 i
	for ((i = 0; i < 100; i++)); do
		now=$(ubc "$1" "$2" held)
		[ "$now" = "$last" ] && same=$((same + 1)) || same=0
		[ $same -lt 4 ] || break
		last=$now
		sleep 0.1
	done
	echo "$now"
}

held_is() {
	is "$(ubc "$1" "$2" held)" "$3"
}

# lim CT RESOURCE BARRIER [LIMIT]: set them; without LIMIT both to the same
lim() {
	echo "$2 $3 ${4:-$3}" >"$VZ_CGROUP/$1/ve.ubc"
}

# ---- ubcmem: programs that do what they are told ----
declare -A MEM_IN=() MEM_OUT=() MEM_PID=()
said=''

# with_mem CT: ubcmem as a program of the container
with_mem() {
	install -m 755 "$SELFTESTS/ubc/ubcmem" "/vz/private/$1/ubcmem"
}

# mem NAME CT|host: one of them, in the container or not.  Ends with the test.
mem() {
	local in=$T_DIR/$1.in out=$T_DIR/$1.out fd
	rm -f "$in" "$out"
	mkfifo "$in" "$out"
	(
		# or it would not see the others end
		for fd in "${MEM_IN[@]}" "${MEM_OUT[@]}"; do
			exec {fd}>&-
		done
		[ "$2" != host ] || exec "$SELFTESTS/ubc/ubcmem"
		exec vzctl exec2 "$2" 'exec /ubcmem'
	) <"$in" >"$out" 2>"$T_DIR/$1.err" &
	MEM_PID[$1]=$!
	exec {fd}<>"$in"
	MEM_IN[$1]=$fd
	exec {fd}<>"$out"
	MEM_OUT[$1]=$fd
	answer "$1"
	is "$said" ready
}

# tell NAME WORDS: do not wait for the answer
tell() {
	local name=$1
	shift
	echo "$*" >&"${MEM_IN[$name]}"
}

# answer NAME: a line of it, in $said
answer() {
	local i part
	said=''
	for ((i = 0; i < 120; i++)); do
		if read -r -t 1 part <&"${MEM_OUT[$1]}"; then
			said+=$part
			return 0
		fi
		# the time may be up in the middle of a line
		said+=$part
		kill -0 "${MEM_PID[$1]}" 2>/dev/null || break
	done
	fail "no answer of $1: $(<"$T_DIR/$1.err")"
}

# ask NAME WORDS: and wait for the answer
ask() {
	tell "$@"
	answer "$1"
}

# does NAME WORDS ANSWER
does() {
	ask "$1" "$2"
	[ "$said" = "$3" ] || fail "$2: got '$said', expected '$3'"
}

# takes NAME WORDS LOW HIGH ERROR…: an answer of a number and one of the errors; number in $said
takes() {
	local name=$1 what=$2 low=$3 high=$4 n error
	shift 4
	ask "$name" "$what"
	read -r n error <<<"$said"
	if [[ " $* " != *" $error "* ]] || [ "$n" -lt "$low" ] || [ "$n" -gt "$high" ]; then
		fail "$what: got '$said', expected $low to $high and $*"
	fi
	said=$n
}

# bye NAME…: let them end, and wait until they have
bye() {
	local name
	for name; do
		tell "$name" quit
		wait "${MEM_PID[$name]}"
		unset "MEM_PID[$name]"
	done
}

# pids of a container's processes
ct_procs() {
	find "$VZ_CGROUP/$1" -name cgroup.procs -exec cat {} +
}
