#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ADD_IP: addresses were added.  vzctl has set them on venet0 itself; the
# container's own files have to agree.
#   IP_ADDR  those, may carry /len        IPDELALL=yes  they replace all others
#   IP_ALL   all that there are now (not set with IPDELALL)

[ "${IPDELALL:-}" != yes ] || IP_ALL=$IP_ADDR
name=
[ ! -r "$R/etc/hostname" ] || read -r name <"$R/etc/hostname" || :
vz_net "${IP_ALL:-}"
if vz_has_block "$R/etc/hosts"; then
	vz_hosts "$name" "$(vz_first_ip "${IP_ALL:-}")"
fi
exit "$BAD"
