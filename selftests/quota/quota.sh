# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Helpers of the quota tests; sourced after ../vzctl/ct.sh.

# private CTID: the private area
private() {
	vzlist -aH -o private "$1" | sed 's/ *$//'
}

# into CTID FILE...: programs of the host into a container's /bin, with the libraries
# that they need, as if its root had put them there
into() {
	local id=$1 p f l
	p=$(private "$1")
	shift
	for f; do
		cp "$f" "$p/bin/"
		# shellcheck disable=SC2016
		{ ldd "$f" 2>/dev/null || :; } | awk '/=>/ { print $3 } /ld-linux/ { print $1 }' | while read -r l; do
			[ -e "$p$l" ] && continue
			mkdir -p "$p$(dirname "$l")"
			cp -L "$l" "$p$l"
		done
	done
	its_own "$id"
}

# its_own CTID: what the host has made in a container belongs to the container's root
its_own() {
	local base
	base=$(conf_get "$1" LOCAL_UID)
	find "$(private "$1")" -mindepth 1 -uid 0 -exec chown -h "$base:$base" {} +
}

# stock_tools CTID: Debian's quota tools from the host into a container, unmodified
stock_tools() {
	cp /etc/warnquota.conf /etc/quotatab /etc/quotagrpadmins "$(private "$1")/etc/"
	into "$1" /usr/bin/quota /usr/bin/quotasync /usr/sbin/repquota /usr/sbin/setquota /usr/sbin/quotaon \
		/usr/sbin/edquota /usr/sbin/warnquota
}

# used ID: KiB and inodes as the kernel has them
used() {
	vzquota -b stat "$1" | awk 'NR <= 2 { sub(/\*/, "", $2); printf "%s ", $2 }'
}

# charged ID: a line for the container's disk and for each of its users and groups:
# disk|uUID|gGID KIB INODES
charged() {
	vzquota -b stat "$1" -t | awk '
		BEGIN { who = "disk" }
		$1 == "user" || $1 == "group" { who = substr($1, 1, 1) $2 }
		$1 == "1k-blocks" { kib = $2 + 0 }
		$1 == "inodes" { print who, kib, $2 + 0 }'
}

# counted ID: the same of its users and groups, from the files themselves, sorted
counted() {
	find "$(private "$1")" -xdev -printf '%i %b %U %G\n' | sort -u |
		awk -v u="$(conf_get "$1" LOCAL_UID)" -v g="$(conf_get "$1" LOCAL_GID)" '
			{ a = "u" ($3 - u); b = "g" ($4 - g); k[a] += $2; k[b] += $2; n[a]++; n[b]++ }
			END { for (w in k) print w, k[w] / 2, n[w] }' | sort
}

# moved BEFORE AFTER: what changed between two outputs of `charged`, WHO:KIB/INODES each
moved() {
	awk 'NR == FNR { k[$1] = $2; i[$1] = $3; next }
		{ d = $2 - k[$1]; e = $3 - i[$1]; seen[$1] = 1
		  if (d || e) printf "%s:%+d/%+d\n", $1, d, e }
		END { for (w in k) if (!(w in seen) && (k[w] || i[w])) printf "%s:%+d/%+d\n", w, -k[w], -i[w] }' \
		"$1" "$2" | sort
}

# for_users CTID: joe and ann, and groups that both are in
for_users() {
	local p
	p=$(private "$1")
	printf 'joe:x:1000:1000::/:/bin/sh\nann:x:1001:1001::/:/bin/sh\n' >>"$p/etc/passwd"
	printf 'staff:x:1000:ann\nann:x:1001:\ncrew:x:1002:joe,ann\n' >>"$p/etc/group"
}
