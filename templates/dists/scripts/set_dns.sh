#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# SET_DNS: name servers and search domains, lists separated by spaces; an
# empty value removes what an earlier one has set.
#   NAMESERVER    SEARCHDOMAIN

body=
set -f
if [ -n "${SEARCHDOMAIN:-}" ]; then
	body="search $SEARCHDOMAIN$NL"
fi
for ns in ${NAMESERVER:-}; do
	body="${body}nameserver $ns$NL"
done
set +f

case $(readlink "$R/etc/resolv.conf" 2>/dev/null) in
*/systemd/resolve/*)
	# the file is systemd-resolved's: give it a drop-in of its own
	dir=$R/etc/systemd/resolved.conf.d
	if [ -z "$body" ]; then
		rm -f "$dir/10-vzctl.conf"
	else
		mkdir -p "$dir"
		vz_put "$dir/10-vzctl.conf" \
			"[Resolve]${NL}DNS=${NAMESERVER:-}${NL}Domains=${SEARCHDOMAIN:-}$NL"
	fi
	if [ -z "$R" ] && [ -d /run/systemd/system ]; then
		systemctl try-reload-or-restart systemd-resolved.service || :
	fi
	;;
*)
	vz_block "$R/etc/resolv.conf" "${body%"$NL"}" top
	;;
esac
