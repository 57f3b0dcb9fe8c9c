#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# DEL_IP: addresses were removed.
#   IP_ADDR  addresses, may carry /len    IPDELALL=yes  all of them

name=
[ ! -r "$R/etc/hostname" ] || read -r name <"$R/etc/hostname" || :
old=$(vz_get_block "$R/etc/hosts")
old=${old%% *}
gone=${IPDELALL:-no}
set -f
for ip in ${IP_ADDR:-}; do
	[ "${ip%%/*}" != "$old" ] || gone=yes
done
set +f
if [ -n "$old" ] && [ "$gone" = yes ]; then
	vz_hosts "$name" ''
fi
