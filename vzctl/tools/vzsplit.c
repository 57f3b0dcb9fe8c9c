// SPDX-License-Identifier: GPL-2.0
/*
 * vzsplit: a sample configuration for N equal containers on this machine.
 *
 * With RAM and swap each gets its share of RAM.  With beancounters 40 percent of
 * memory may become kernel memory and network buffers; the share of that decides
 * how many processes there can be, and all else follows from their number and from
 * the share of RAM and swap.  What is written has passed the rules of vzcfgvalidate.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "conf.h"
#include "ct.h"
#include "error.h"
#include "node.h"
#include "tool.h"
#include "ubc.h"
#include "ubcrules.h"
#include "util.h"

#define KIB		1024ul
#define MIB		(1024 * KIB)

/* for the host; what the smallest container needs of all memory and of the kernel's */
#define SYSTEM_MEM	(50 * MIB)
#define CT_MEM		5542912ul
#define CT_LOWMEM	1348608ul

/* barriers of buffers, of which dgramrcvbuf has no room above it */
#define TCP_BUF		(64 * KIB)
#define OTHER_BUF	(129 * KIB)

/* of one average process: kernel memory with its files and 10 % reserve, and 3 x 2 sockets */
#define PROC_KMEM	(40 * KIB + 32 * 384)
#define PROC_COST	(PROC_KMEM + PROC_KMEM / 10 + 1 + 6 * 2560)
#define MIN_AVNUMPROC	5ul
#define MAX_AVNUMPROC	8000ul

#define MAX_SWAP_KB	(1ul << 40)

static const char usage_text[] =
"Usage: vzsplit -n NUM [-f NAME] [-s SWAPKB] [-v yes|no]\n"
"\n"
"  -n, --num NUM      so many containers share this machine\n"
"  -f, --file NAME    write the sample NAME for vzctl create --config\n"
"                     (otherwise standard output)\n"
"  -s, --swap SWAPKB  so many KB of swap to share, instead of what there is\n"
"  -v, --vswap yes|no RAM and swap (yes, the default), or beancounters\n"
"  -h, --help         print this text\n"
"  --version          print the version\n";

static const struct option options[] = {
	{ "num", required_argument, NULL, 'n' },
	{ "file", required_argument, NULL, 'f' },
	{ "swap", required_argument, NULL, 's' },
	{ "vswap", required_argument, NULL, 'v' },
	VZ_TOOL_OPTIONS,
};

static void put(struct vz_limits *l, int what, unsigned long bar, unsigned long lim)
{
	l->v[what][0] = bar;
	l->v[what][1] = lim;
	l->set |= 1u << what;
}

static unsigned long clamp(unsigned long v, unsigned long min, unsigned long max)
{
	return v < min ? min : v > max ? max : v;
}

/* shares of one container into all beancounters; false when there is not enough */
static bool beancounters(struct vz_limits *l, unsigned long mem, unsigned long low,
			 unsigned long threads)
{
	unsigned long fixed = 2 * TCP_BUF + 2 * OTHER_BUF, room, rest, a, files, dcache, kmem, pages;

	if (mem < CT_MEM || low < CT_LOWMEM)
		return false;
	/* some of it stays for buffers that are more than the least */
	a = (low - fixed) / 5 * 3 / PROC_COST;
	a = clamp(a, 0, threads / 4 < MAX_AVNUMPROC ? threads / 4 : MAX_AVNUMPROC);
	if (a < MIN_AVNUMPROC)
		return false;
	files = 32 * a;
	dcache = files * 384;
	room = 2 * a * 2560;
	rest = low - fixed - a * PROC_COST;
	kmem = a * PROC_KMEM + rest / 5 * 2;

	put(l, VZ_L_AVNUMPROC, a, a);
	put(l, VZ_NUMPROC, 2 * a, 2 * a);
	put(l, VZ_NUMTCPSOCK, 2 * a, 2 * a);
	put(l, VZ_NUMOTHERSOCK, 2 * a, 2 * a);
	put(l, VZ_NUMFILE, files, files);
	put(l, VZ_NUMFLOCK, a, a + a / 10);
	put(l, VZ_NUMPTY, clamp(a / 8, 4, 255), clamp(a / 8, 4, 255));
	put(l, VZ_NUMSIGINFO, 256, 256);
	put(l, VZ_NUMIPTENT, clamp(a, 16, 128), clamp(a, 16, 128));
	put(l, VZ_DCACHESIZE, dcache - dcache / 16, dcache);
	put(l, VZ_KMEMSIZE, kmem, kmem + kmem / 10);
	put(l, VZ_TCPSNDBUF, TCP_BUF + rest / 8, TCP_BUF + rest / 8 + room);
	put(l, VZ_TCPRCVBUF, TCP_BUF + rest / 8, TCP_BUF + rest / 8 + room);
	put(l, VZ_OTHERSOCKBUF, OTHER_BUF + rest / 8, OTHER_BUF + rest / 8 + room);
	put(l, VZ_DGRAMRCVBUF, OTHER_BUF + rest / 8, OTHER_BUF + rest / 8);

	/* what is left is for programs; not all of them ask for all of it at once */
	pages = (mem - low) / VZ_PAGE_SIZE;
	put(l, VZ_VMGUARPAGES, pages, VZ_UNLIMITED);
	put(l, VZ_OOMGUARPAGES, pages, VZ_UNLIMITED);
	put(l, VZ_PRIVVMPAGES, vz_sat_mul(pages, 2), vz_sat_add(vz_sat_mul(pages, 2), pages / 5));
	put(l, VZ_PHYSPAGES, 0, VZ_UNLIMITED);
	put(l, VZ_SHMPAGES, pages / 2, pages / 2);
	put(l, VZ_LOCKEDPAGES, clamp(pages / 16, 4, pages), clamp(pages / 16, 4, pages));
	return true;
}

/* every one that can be corrected is; the last that cannot is kept */
static bool found(const struct vz_finding *f, void *arg)
{
	struct vz_finding *bad = arg;

	if (!f->fixed && f->severity == VZ_INVALID)
		*bad = *f;
	return true;
}

static void print_limits(FILE *f, const struct vz_limits *l)
{
	fprintf(f, "# Beancounters (barrier:limit)\n");
	for (int i = 0; i < VZ_NR_LIMITS; i++) {
		_cleanup_free_ char *v = vz_format_pair(l->v[i]);

		if (l->set & 1u << i && v)
			fprintf(f, "%s=\"%s\"\n", vz_limits_key(NULL, i), v);
	}
}

/* "0:NM", in K where that is too coarse */
static void print_ram(FILE *f, const char *key, unsigned long bytes)
{
	if (bytes >= 64 * MIB || bytes % MIB == 0)
		fprintf(f, "%s=\"0:%luM\"\n", key, bytes / MIB);
	else
		fprintf(f, "%s=\"0:%luK\"\n", key, bytes / (4 * KIB) * 4);
}

/* shares of nine tenths of the file system that has the private areas, when it is there */
static void print_disk(FILE *f, unsigned long n)
{
	_cleanup_conf_ struct vz_conf *global = NULL;
	_cleanup_free_ char *path = NULL;
	const char *private_dir;
	struct statvfs st;
	unsigned long kb, inodes;
	char *slash;

	if (vz_global_load(&global, NULL) < 0)
		return;
	private_dir = vz_conf_get(global, "VE_PRIVATE");
	if (!private_dir || *private_dir != '/')
		return;
	path = vz_path("%.*s", (int)strcspn(private_dir, "$"), private_dir);
	while (path && statvfs(path, &st) < 0) {
		slash = strrchr(path, '/');
		if (errno != ENOENT || !slash || slash == path)
			return;
		*slash = '\0';
	}
	if (!path || !st.f_blocks)
		return;
	kb = vz_sat_mul(st.f_blocks, st.f_frsize) / KIB / 10 * 9 / n;
	inodes = st.f_files / 10 * 9 / n;
	fprintf(f, "\n# Disk quota (soft:hard)\nDISKSPACE=\"%lu:%lu\"\n", kb - kb / 11, kb);
	if (inodes)
		fprintf(f, "DISKINODES=\"%lu:%lu\"\n", inodes - inodes / 11, inodes);
	fprintf(f, "QUOTATIME=\"0\"\n");
}

static int too_many(unsigned long n, unsigned long most, bool vswap)
{
	if (!most)
		return vz_tool_fail(VZ_TOOL_ERROR, "This machine is too small for a container");
	return vz_tool_fail(VZ_TOOL_ERROR,
			    "%lu containers are too many for this machine: %s, so at most %lu fit", n,
			    vswap ? "each needs 5.3M of RAM" :
			    "each needs 5.3M of RAM and swap, 1.3M of it kernel memory, and some tasks", most);
}

static int split(unsigned long n, bool vswap, bool has_swap, unsigned long swap, FILE *f)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_limits l = { 0 };
	unsigned long ram, mem, low;
	struct vz_node node;

	if (vz_node_read(&node, &e) < 0)
		return vz_tool_error(&e);
	ram = node.ram > SYSTEM_MEM ? node.ram - SYSTEM_MEM : 0;
	fprintf(f, "# Sample for one of %lu equal containers on a machine with %luM of RAM ", n,
		node.ram / MIB);
	fprintf(f, "and %luM of swap\n", (has_swap ? swap : node.swap) / MIB);
	if (vswap) {
		if (ram / n < CT_MEM)
			return too_many(n, ram / CT_MEM, true);
		fprintf(f, "# RAM\n");
		print_ram(f, "PHYSPAGES", ram / n);
		fprintf(f, "\n# Swap\n");
		print_ram(f, "SWAPPAGES", has_swap ? swap / n : ram / n / (4 * KIB) * (8 * KIB));
	} else {
		struct vz_finding bad = { 0 };

		mem = vz_sat_add(ram, has_swap ? swap : node.swap);
		low = node.lowmem < ram / 5 * 2 ? node.lowmem : ram / 5 * 2;
		if (!beancounters(&l, mem / n, low / n, node.threads / n)) {
			unsigned long most = clamp(mem / CT_MEM, 0, low / CT_LOWMEM);

			return too_many(n, clamp(most, 0, node.threads / 4 / MIN_AVNUMPROC), false);
		}
		vz_limits_check(&l, false, NULL, found, &bad);
		if (*bad.text)
			return vz_tool_fail(VZ_TOOL_ERROR,
					    "No consistent limits for this machine: %s", bad.text);
		print_limits(f, &l);
	}
	print_disk(f, n);
	fprintf(f, "\n# CPU fair scheduler\nCPUUNITS=\"1000\"\n\n# Firewall modules\nNETFILTER=\"stateless\"\n");
	return VZ_TOOL_OK;
}

static int save(const char *name, const char *text, size_t len)
{
	_cleanup_free_ char *path = vz_path("/etc/vz/conf/ve-%s.conf-sample", name);
	int r;

	if (!path)
		return vz_tool_fail(VZ_TOOL_ERROR, "Out of memory");
	if (access(path, F_OK) == 0)
		return vz_tool_fail(VZ_TOOL_ERROR, "%s exists; remove it or choose another name", path);
	r = vz_replace_file(path, text, len, 0644);
	if (r < 0)
		return vz_tool_fail(VZ_TOOL_ERROR, "Unable to save %s: %s", path, strerror(-r));
	printf("%s was written (vzctl create CTID --config %s)\n", path, name);
	return VZ_TOOL_OK;
}

/* part of a file name, and no option */
static bool sample_name(const char *s)
{
	size_t len = strlen(s);

	return len && len <= 64 && *s != '-' && *s != '.' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

int main(int argc, char *argv[])
{
	_cleanup_free_ char *text = NULL;
	const char *name = NULL;
	bool has_swap = false;
	unsigned long swap = 0;
	uint32_t n = 0;
	uint64_t v;
	size_t len;
	FILE *f;
	int c, code, vswap = true;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":n:f:s:v:h", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			if (vz_parse_u32(optarg, &n) < 0 || !n)
				return vz_tool_bad_value("n", optarg, "a number of containers, at least 1");
			break;
		case 'f':
			if (!sample_name(optarg))
				return vz_tool_bad_value("f", optarg, "a name of letters, digits and . _ -");
			name = optarg;
			break;
		case 's':
			if (vz_parse_u64(optarg, &v) < 0 || v > MAX_SWAP_KB)
				return vz_tool_bad_value("s", optarg, "a number of KB");
			has_swap = true;
			swap = (unsigned long)v * KIB;
			break;
		case 'v':
			vswap = vz_tool_yesno("v", optarg);
			if (vswap < 0)
				return VZ_TOOL_ERROR;
			break;
		default:
			return vz_tool_option("vzsplit", usage_text, c, argv);
		}
	}
	if (optind < argc)
		return vz_tool_fail(VZ_TOOL_ERROR, "Unexpected argument: \"%s\" (see vzsplit --help)",
				    argv[optind]);
	if (!n)
		return vz_tool_fail(VZ_TOOL_ERROR, "-n NUM missing (see vzsplit --help)");
	if (name && vz_tool_root("vzsplit -f") != VZ_TOOL_OK)
		return VZ_TOOL_ERROR;
	f = open_memstream(&text, &len);
	if (!f)
		return vz_tool_fail(VZ_TOOL_ERROR, "Out of memory");
	code = split(n, vswap, has_swap, swap, f);
	if (fclose(f) != 0)
		return vz_tool_fail(VZ_TOOL_ERROR, "Out of memory");
	if (code == VZ_TOOL_OK && name)
		code = save(name, text, len);
	else if (code == VZ_TOOL_OK)
		fputs(text, stdout);
	return vz_tool_end(code);
}
