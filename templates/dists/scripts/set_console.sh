#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# SET_CONSOLE: a login on the console, for systems with an inittab.  Nothing
# is done where there is no console, or where the user has set one up.

tab=$R/etc/inittab
[ -f "$tab" ] || exit 0
vz_gettys
if [ ! -c "$R/dev/console" ] || ! (: <"$R/dev/console") 2>/dev/null; then
	vz_block "$tab" '' end
	exit "$BAD"
fi
if vz_strip_block "$tab" | grep -q '^[^#].*respawn:.*getty.*console'; then
	exit "$BAD"
fi
getty=/sbin/getty
for g in /sbin/agetty /sbin/getty /sbin/mingetty; do
	if [ -x "$R$g" ]; then
		getty=$g
		break
	fi
done
case $getty in
*mingetty) args=console ;;
*) args='38400 console' ;;
esac
vz_block "$tab" "vz1:2345:respawn:$getty $args" end
exit "$BAD"
