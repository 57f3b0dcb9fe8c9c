// SPDX-License-Identifier: GPL-2.0
/*
 * vznetstat: what containers got and sent, by classes of networks.
 *
 * A line for each container and class that has counters: the classes of the
 * table, class 1, and those that were in the table once.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>

#include "error.h"
#include "netacct.h"
#include "tool.h"
#include "util.h"

static const char usage_text[] =
"Usage: vznetstat [-4 | -6] [-v CTID | NAME] [-c CLASS] [-a] [-r]\n"
"\n"
"  -4            IPv4 only\n"
"  -6            IPv6 only\n"
"  -v CTID|NAME  this container only\n"
"  -c CLASS      this class of networks only\n"
"  -a            all 16 classes, also those that count nothing\n"
"  -r            bytes rounded, in K, M or G\n"
"  -h, --help    print this text\n"
"  --version     print the version\n";

static const struct option options[] = {
	VZ_TOOL_OPTIONS,
};

static struct {
	int family;		/* 0: both */
	uint32_t veid;		/* 0: all */
	int class;		/* -1: all */
	bool all, round;
} opt = { .class = -1 };

/* of one container and class, both families as far as wanted */
struct row {
	bool counted;
	uint64_t in_bytes, in_packets, out_bytes, out_packets;
};

#define BYTES_TEXT	24

static const char *bytes_text(uint64_t n, char *buf)
{
	static const char units[] = "KMGTPE";
	double v = (double)n;
	size_t i = 0;

	if (!opt.round || n < 1024) {
		snprintf(buf, BYTES_TEXT, "%" PRIu64, n);
		return buf;
	}
	for (v /= 1024; v >= 1023.95 && units[i + 1]; v /= 1024)
		i++;
	snprintf(buf, BYTES_TEXT, "%.1f%c", v, units[i]);
	return buf;
}

static void print_row(uint32_t veid, unsigned int class, const struct row *r)
{
	char in[BYTES_TEXT], out[BYTES_TEXT];

	printf("%-7" PRIu32 " %-9u %16s %11" PRIu64 " %20s %12" PRIu64 "\n", veid, class,
	       bytes_text(r->in_bytes, in), r->in_packets, bytes_text(r->out_bytes, out), r->out_packets);
}

/* @v are the @n counters of one container */
static void print_ct(const struct vz_traffic *v, size_t n)
{
	struct row rows[VZ_NETCLASS_MAX + 1] = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct row *r = &rows[v[i].class <= VZ_NETCLASS_MAX ? v[i].class : 0];

		r->counted = true;
		if (opt.family && opt.family != v[i].family)
			continue;
		r->in_bytes += v[i].in_bytes;
		r->in_packets += v[i].in_packets;
		r->out_bytes += v[i].out_bytes;
		r->out_packets += v[i].out_packets;
	}
	for (int c = 0; c <= VZ_NETCLASS_MAX; c++) {
		if (opt.class < 0 ? opt.all || rows[c].counted : opt.class == c)
			print_row(v->veid, (unsigned int)c, &rows[c]);
	}
}

static int show(void)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ struct vz_traffic *v = NULL;
	size_t n = 0, end;

	if (vz_traffic_get(opt.veid, &v, &n, &e) < 0)
		return vz_tool_error(&e);
	puts("CTID    Net.Class     Input(bytes) Input(pkts)        Output(bytes) Output(pkts)");
	for (size_t i = 0; i < n; i = end) {
		for (end = i; end < n && v[end].veid == v[i].veid; end++)
			;
		print_ct(&v[i], end - i);
	}
	return VZ_TOOL_OK;
}

static int set_class(const char *value)
{
	uint32_t n;

	if (vz_parse_u32(value, &n) < 0 || n > VZ_NETCLASS_MAX)
		return vz_tool_bad_value("c", value, "a class, 0 to 15");
	opt.class = (int)n;
	return VZ_TOOL_OK;
}

static int set_veid(const char *value)
{
	if (vz_tool_ctid(value, &opt.veid) != VZ_TOOL_OK)
		return VZ_TOOL_ERROR;
	if (opt.veid)
		return VZ_TOOL_OK;
	return vz_tool_fail(VZ_TOOL_ERROR, "The host (CT0) is not counted; see ip -s link show venet0");
}

int main(int argc, char *argv[])
{
	int c, r = VZ_TOOL_OK;

	opterr = 0;
	while (r == VZ_TOOL_OK && (c = getopt_long(argc, argv, ":46v:c:arh", options, NULL)) != -1) {
		switch (c) {
		case '4': opt.family = opt.family == AF_INET6 ? 0 : AF_INET; break;
		case '6': opt.family = opt.family == AF_INET ? 0 : AF_INET6; break;
		case 'v': r = set_veid(optarg); break;
		case 'c': r = set_class(optarg); break;
		case 'a': opt.all = true; break;
		case 'r': opt.round = true; break;
		default:
			return vz_tool_option("vznetstat", usage_text, c, argv);
		}
	}
	if (r != VZ_TOOL_OK)
		return r;
	if (optind < argc)
		return vz_tool_fail(VZ_TOOL_ERROR, "Unexpected argument: \"%s\" (see vznetstat --help)",
				    argv[optind]);
	if (vz_tool_root("vznetstat") != VZ_TOOL_OK)
		return VZ_TOOL_ERROR;
	return vz_tool_end(show());
}
