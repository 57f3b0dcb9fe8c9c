// SPDX-License-Identifier: GPL-2.0
/* sysinfo: what sysinfo(2) says, in KiB, "NAME VALUE" a line. */
#include <stdio.h>
#include <sys/sysinfo.h>

int main(void)
{
	struct sysinfo s;

	if (sysinfo(&s) < 0) {
		perror("sysinfo");
		return 1;
	}
#define KIB(name)	printf(#name " %llu\n", (unsigned long long)s.name * s.mem_unit / 1024)
	KIB(totalram);
	KIB(freeram);
	KIB(sharedram);
	KIB(bufferram);
	KIB(totalswap);
	KIB(freeswap);
	printf("procs %u\n", s.procs);
	return 0;
}
