#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# SET_HOSTNAME: vzctl has set the name in the kernel itself.
#   HOSTNM  the name, may have a domain    IP_ADDR  the container's addresses

[ -n "${HOSTNM:-}" ] || exit 0
vz_put "$R/etc/hostname" "$HOSTNM$NL"
# distributions that keep it elsewhere
[ ! -f "$R/etc/sysconfig/network" ] || vz_var "$R/etc/sysconfig/network" HOSTNAME "$HOSTNM"
[ ! -f "$R/etc/conf.d/hostname" ] || vz_var "$R/etc/conf.d/hostname" hostname "$HOSTNM"
if [ -f "$R/etc/HOSTNAME" ] && [ ! -L "$R/etc/HOSTNAME" ]; then
	vz_put "$R/etc/HOSTNAME" "$HOSTNM$NL"
fi
vz_hosts "$HOSTNM" "$(vz_first_ip "${IP_ADDR:-}")"
exit "$BAD"
