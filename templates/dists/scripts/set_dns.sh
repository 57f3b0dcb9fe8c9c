#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# SET_DNS: name servers and search domains, lists separated by spaces; an
# empty value removes what an earlier one has set.
#   NAMESERVER    SEARCHDOMAIN
#
# /etc/resolv.conf may be a file that some service makes again and again: the
# service is told then.

ns=$(vz_words "${NAMESERVER:-}") sd=$(vz_words "${SEARCHDOMAIN:-}")
body=${sd:+"search $sd"}
set -f
for a in $ns; do
	body="$body${body:+$NL}nameserver $a"
done
set +f

conf=$R/etc/resolv.conf
resolved='' netconfig='' openresolv='' nm='' head='' link=''
if [ -h "$conf" ]; then
	link=$(readlink "$conf")
fi
case $link in
*/systemd/resolve/*) ! vz_exists /usr/lib/systemd/systemd-resolved /lib/systemd/systemd-resolved || resolved=yes ;;
*/netconfig/*) [ ! -f "$R/etc/sysconfig/network/config" ] || netconfig=yes ;;
*/resolvconf/*) [ ! -d "$R/etc/resolvconf/resolv.conf.d" ] || head=yes ;;
esac
if [ -f "$R/etc/resolvconf.conf" ] && vz_program resolvconf; then
	openresolv=yes
fi
if vz_program NetworkManager && vz_enabled NetworkManager network-manager networkmanager; then
	nm=yes
fi

text=''
if [ -n "$resolved" ] && [ -n "$body" ]; then
	text="[Resolve]${NL}DNS=$ns${NL}Domains=$sd"
fi
vz_own "$R/etc/systemd/resolved.conf.d/10-vzctl.conf" "$text"

text=''
if [ -n "$nm" ] && [ -n "$ns" ]; then
	text="[global-dns]${NL}searches=$(vz_commas "$sd")$NL${NL}[global-dns-domain-*]${NL}servers=$(vz_commas "$ns")"
fi
vz_own "$R/etc/NetworkManager/conf.d/10-vzctl.conf" "$text"

text=''
if [ -n "$netconfig" ] && [ -n "$body" ]; then
	text="NETCONFIG_DNS_STATIC_SERVERS=\"$ns\"${NL}NETCONFIG_DNS_STATIC_SEARCHLIST=\"$sd\""
fi
vz_block "$R/etc/sysconfig/network/config" "$text" end

text=''
if [ -n "$openresolv" ] && [ -n "$body" ]; then
	text="name_servers=\"$ns\"${NL}search_domains=\"$sd\""
fi
vz_block "$R/etc/resolvconf.conf" "$text" end

if [ -n "$head" ]; then
	vz_block "$R/etc/resolvconf/resolv.conf.d/head" "$body" end
elif [ -z "$resolved$netconfig" ]; then
	case $nm$link in
	yes*/NetworkManager/*) ;;
	*)
		if [ -n "$link" ] && [ ! -e "$conf" ] && [ -n "$body" ]; then
			rm -f "$conf"	# leads nowhere: nobody makes that file
		fi
		vz_block "$conf" "$body" top ;;
	esac
fi

if [ -n "$resolved" ]; then
	vz_tell systemctl try-reload-or-restart systemd-resolved.service
elif [ -n "$nm" ]; then
	vz_tell nmcli general reload
elif [ -n "$netconfig" ]; then
	vz_tell netconfig update
elif [ -n "$head$openresolv" ]; then
	vz_tell resolvconf -u
fi
exit "$BAD"
