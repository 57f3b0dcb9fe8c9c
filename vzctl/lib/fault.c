// SPDX-License-Identifier: GPL-2.0
/* Fault-injection points; contract in verb.h. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verb.h"

/* bounds of the section that vz_fault() fills, made by the linker */
extern const char __start_vz_faults[] __attribute__((weak));
extern const char __stop_vz_faults[] __attribute__((weak));

void vz_fault_hit(const char *point)
{
	static const char *armed;
	static bool asked;

	if (!asked) {
		armed = secure_getenv("VZ_FAULT");
		asked = true;
	}
	if (armed && strcmp(armed, point) == 0) {
		kill(getpid(), SIGKILL);
		_exit(137);	/* a pid 1 survives its own SIGKILL */
	}
}

void vz_fault_list(void)
{
	const char *p = __start_vz_faults;

	while (p < __stop_vz_faults) {
		if (*p)
			puts(p);
		p += strlen(p) + 1;
	}
}
