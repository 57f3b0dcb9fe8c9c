#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# DEL_IP: addresses were removed.
#   IP_ADDR  those, may carry /len        IPDELALL=yes  all of them
#   IP_ALL   all that are left (not set with IPDELALL)

[ "${IPDELALL:-}" != yes ] || IP_ALL=
name=
[ ! -r "$R/etc/hostname" ] || read -r name <"$R/etc/hostname" || :
vz_net "${IP_ALL:-}"
if vz_has_block "$R/etc/hosts"; then
	vz_hosts "$name" "$(vz_first_ip "${IP_ALL:-}")"
fi
exit "$BAD"
