# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Helpers of the quota tests; sourced after ../vzctl/ct.sh.

# stock_tools CTID: Debian's quota tools from the host into a container, unmodified
stock_tools() {
	local p=/vz/private/$1 f l
	for f in /usr/bin/quota /usr/sbin/repquota /usr/sbin/setquota /usr/sbin/quotaon \
		/usr/sbin/edquota /usr/sbin/warnquota; do
		cp "$f" "$p/bin/"
		# shellcheck disable=SC2016
		ldd "$f" | awk '/=>/ { print $3 } /ld-linux/ { print $1 }' | while read -r l; do
			[ -e "$p$l" ] && continue
			mkdir -p "$p$(dirname "$l")"
			cp -L "$l" "$p$l"
		done
	done
	cp /etc/warnquota.conf /etc/quotatab "$p/etc/"
}

# used ID: KiB and inodes as the kernel has them
used() {
	vzquota -b stat "$1" | awk 'NR <= 2 { sub(/\*/, "", $2); printf "%s ", $2 }'
}
