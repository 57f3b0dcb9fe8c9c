# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC1091,SC2034,SC2154
#
# A container A that attacks its host, a neighbour B that serves requests meanwhile, and
# what there is to be said about both afterwards; on top of ../ubc/ubc.sh.
#
#	host:  attack ask ----- venet0 ----->  B: attack serve
#	                                       A: attack do WHAT, or stress-ng
#
# How long a request takes says little on a machine that is emulated and busy.  It is
# compared with what it takes while A only computes: the median with that of a minute ago at
# most, the p99, which one hiccup of the machine decides, with the largest yet.
. "$(dirname "${BASH_SOURCE[0]}")/../ubc/ubc.sh"

PORT=2007 MIB=1048576
ATTACK=$SELFTESTS/attack/attack
# an attack may make requests so many times as slow, and the median some more
TIMES=2 MORE_US=10000
# how long requests are made, quietly and under attack
QUIET_MS=2000 LOUD_MS=2000
# what the host may miss beyond what A is charged, in MiB
HOST_MIB=48
# and how much of caches, or of what is not worth a count, may stay in A
KEPT=$((8 << 20))
base_kmem=0 said=''

exec 3>&1
note() {
	echo "# $*" >&3
}

# start A and B, with the default configuration and nothing else
start_both() {
	new_ct "$A"
	new_ct "$B"
	vzctl set "$B" --ipadd "$ADDR_B" --save >/dev/null
	vzctl set "$A" --ipadd "$ADDR_A" --save >/dev/null
	install -m 755 "$ATTACK" "/vz/private/$A/attack"
	install -m 755 "$ATTACK" "/vz/private/$B/attack"
	start_ct "$A"
	start_ct "$B"
	vzctl exec2 "$A" 'ip link set lo up' >/dev/null
	vzctl exec2 "$B" "exec /attack serve $PORT" >"$T_DIR/serve" 2>&1 3>&- &
	until_ok 30 grep -q serving "$T_DIR/serve"
	oom0=$(vmstat oom_kill)
	since=$(cut -d' ' -f1 /proc/uptime)
}

vmstat() {
	awk -v k="$1" '$1 == k { print $2 }' /proc/vmstat
}

# event CT FILE KEY
event() {
	awk -v k="$3" '$1 == k { print $2 }' "$VZ_CGROUP/$1/$2.events"
}

# MiB that the host could give to somebody
available() {
	awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo
}

# limits: how often A ran into what, as lines "NAME NUMBER"
limits() {
	awk '{ print $1, $6 }' "$VZ_CGROUP/$A/ve.ubc"
	awk '$1 == "max" { print "pids.max", $2 }' "$VZ_CGROUP/$A/pids.events"
	awk '$1 == "max" || $1 == "oom_kill" { print "memory." $1, $2 }' "$VZ_CGROUP/$A/memory.events"
}

# more BEFORE AFTER: what there is more of, in one line
more() {
	awk 'NR == FNR { n[$1] = $2; next } $2 > n[$1] { printf "%s%s %d", sep, $1, $2 - n[$1]; sep = ", " }' "$1" "$2"
}

# charged: MiB of A; all it may have where it has been at its limit just now
charged() {
	local what=current
	! ran_into oom_kill || what=max
	echo $(($(cat "$VZ_CGROUP/$A/memory.$what") / MIB))
}

# ran_into PATTERN: since $T_DIR/limits
ran_into() {
	[[ $(more "$T_DIR/limits" <(limits)) =~ $1 ]]
}

# measure MS: the neighbour is asked; $requests $lost $median $p99 $worst
measure() {
	"$ATTACK" ask "$ADDR_B" "$PORT" "$1" >"$T_DIR/ask" 2>&1 || :
	read -r requests lost median p99 worst <"$T_DIR/ask"
}

attackers() {
	local p
	for p in $(ct_procs "$A"); do
		case $(cat "/proc/$p/comm" 2>/dev/null) in
		attack | stress-ng*) echo "$p" ;;
		esac
	done
}

# none_left: whoever is left of an attack whose first process has been killed goes, too
none_left() {
	local p
	attackers | while read -r p; do
		kill -9 "$p" 2>/dev/null || :
	done
	[ -z "$(attackers)" ]
}

# quiet [now]: what requests take while A computes, in $quiet and $quiet_p99
quiet() {
	local at=-100 now
	now=$(cut -d. -f1 /proc/uptime)
	quiet=0 quiet_p99=0
	[ ! -s "$T_DIR/quiet" ] || read -r at quiet quiet_p99 <"$T_DIR/quiet"
	[ "${1:-}" = now ] || [ $((now - at)) -ge 60 ] || return 0
	begin 'exec /attack do spin'
	measure $QUIET_MS
	end
	quiet=$median quiet_p99=$((p99 > quiet_p99 ? p99 : quiet_p99))
	echo "$now $quiet $quiet_p99" >"$T_DIR/quiet"
}

# begin COMMAND: in A; end: and let it go, what it said is in $said
begin() {
	rm -f "/vz/private/$A/stop" "$T_DIR/do"
	vzctl exec2 "$A" "$1" >"$T_DIR/do" 2>&1 3>&- &
	attack_pid=$!
	until_ok 30 test -s "$T_DIR/do"
}

end() {
	local i
	touch "/vz/private/$A/stop"
	for ((i = 0; i < 400; i++)); do
		kill -0 "$attack_pid" 2>/dev/null || break
		sleep 0.1
	done
	until_ok 60 none_left
	wait "$attack_pid" || note "the attack itself ended with status $?"
	rm -f "/vz/private/$A/stop"
	said=$(tail -n +2 "$T_DIR/do" | tr '\n' ' ')
}

# objects: what A holds and must give back
objects() {
	awk '$1 ~ /^(num|lockedpages|shmpages|privvmpages)/ { print $1, $2 }' "$VZ_CGROUP/$A/ve.ubc"
}

given_back() {
	local left
	left=$(more "$T_DIR/objects" <(objects))
	is "$left" ''
	# caches stay until somebody needs the memory
	if [ "$(ubc "$A" kmemsize held)" -gt $((base_kmem + KEPT)) ]; then
		echo 32M >"$VZ_CGROUP/$A/memory.reclaim" || :
	fi
	between 0 "$(ubc "$A" kmemsize held)" $((base_kmem + KEPT))
}

# others_have_all: one of each is to be had, by the neighbour and on the host
others_have_all() {
	runs 0 vzctl exec2 "$B" /attack one && runs 0 "$ATTACK" one
}

# once COMMAND [PATTERN]: attack, and all that is to be looked at but the time
once() {
	local before missing charge now
	objects >"$T_DIR/objects"
	base_kmem=$(ubc "$A" kmemsize held)
	limits >"$T_DIR/limits"
	before=$(available) charge=$(charged)
	begin "$1"
	measure $LOUD_MS
	# there is more memory than it can take meanwhile
	[[ ${2:-} != memory* ]] || until_ok 30 ran_into "$2"
	now=$(charged) missing=$((before - $(available)))
	[ "$now" -gt "$(charged)" ] || now=$(charged)
	charge=$((now - charge))
	others_have_all >"$T_DIR/one" 2>&1 || echo failed >>"$T_DIR/one"
	end
	stopped=$(more "$T_DIR/limits" <(limits))
	note "$said"
	note "  limits: ${stopped:-none}; the host missed $missing MiB, A was charged $charge;" \
		"$requests requests, median $median us (quiet $quiet), p99 $p99 us ($quiet_p99), worst $worst"
	is "$lost" 0
	[ ! -s "$T_DIR/one" ] || fail "the others cannot have: $(<"$T_DIR/one")"
	between -100000 "$missing" $(((charge > 0 ? charge : 0) + HOST_MIB))
	until_ok 60 given_back
	only_attacker_killed
}

only_attacker_killed() {
	is "$(event "$B" memory oom_kill)" 0
	is $(($(vmstat oom_kill) - oom0)) "$(event "$A" memory oom_kill)"
}

slow() {
	[ "$median" -gt $((TIMES * quiet + MORE_US)) ] || [ "$p99" -gt $((TIMES * quiet_p99)) ]
}

# hit COMMAND [PATTERN]: an attack that is stopped by something like PATTERN
hit() {
	quiet
	once "$@"
	if slow; then
		note "  once more"
		quiet now
		once "$@"
		! slow || fail "median $median us, p99 $p99 us; quiet $quiet and $quiet_p99; twice"
	fi
	[ -z "${2:-}" ] || [[ "$said $stopped" =~ $2 ]] || fail "nothing like $2 stopped it: $said $stopped"
}

# after all of them: B does not know that anything was
unharmed() {
	is "$(awk '$6 > 0' "$VZ_CGROUP/$B/ve.ubc")" ''
	is "$(awk '$1 != "low" && $2 > 0' "$VZ_CGROUP/$B/memory.events")" ''
	vz 0 exec2 "$A" 'echo here'
	is "$out" here
	others_have_all
	measure 500
	is "$lost" 0
	only_attacker_killed
	is "$(dmesg | awk -v since="$since" -F '[][]' '$2 > since + 0 && /WARNING: |BUG: |Oops|Out of memory: /')" ''
}

stops() {
	vz 0 stop "$A" --fast
	[ ! -e "/proc/bc/$A" ] || fail "/proc/bc/$A is still there"
	[ ! -e "$VZ_CGROUP/$A" ] || fail "its cgroup is still there"
	measure 500
	is "$lost" 0
}
