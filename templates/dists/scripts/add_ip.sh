#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2153
#
# ADD_IP: addresses were added.  vzctl has set them on venet0 itself; the
# container's own files have to agree.
#   IP_ADDR  addresses, may carry /len    IPDELALL=yes  they replace all others

name=
[ ! -r "$R/etc/hostname" ] || read -r name <"$R/etc/hostname" || :
vz_leave_venet
old=$(vz_get_block "$R/etc/hosts")
old=${old%% *}
case $old in
'' | 127.*) old= ;;
esac
if [ -n "$IP_ADDR" ] && { [ -z "$old" ] || [ "${IPDELALL:-}" = yes ]; }; then
	vz_hosts "$name" "$(vz_first_ip "$IP_ADDR")"
fi
