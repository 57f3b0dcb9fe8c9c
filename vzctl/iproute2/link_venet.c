// SPDX-License-Identifier: GPL-2.0
/*
 * link_venet.so: lets stock iproute2 create and show venet devices.
 *
 *	ip link add venet0 netns CT type venet veid 101
 *	ip -d link show dev venet0
 *	ip link help venet
 *
 * iproute2 installs no headers for plug-ins. What is declared here has not
 * changed since 2012, but for members at the end of struct link_util, which a
 * plug-in leaves at zero; the functions are exported by the ip binary.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "linux/venet.h"

struct link_util {
	struct link_util *next;
	const char *id;
	int maxattr;
	int (*parse_opt)(struct link_util *lu, int argc, char **argv, struct nlmsghdr *n);
	void (*print_opt)(struct link_util *lu, FILE *f, struct rtattr *tb[]);
	void (*print_xstats)(struct link_util *lu, FILE *f, struct rtattr *xstats);
	void (*print_help)(struct link_util *lu, int argc, char **argv, FILE *f);
	int (*parse_ifla_xstats)(struct link_util *lu, int argc, char **argv);
	int (*print_ifla_xstats)(struct nlmsghdr *n, void *arg);
	void *reserved[4];
};

/* of the ip binary */
enum output_type { PRINT_FP = 1, PRINT_JSON = 2, PRINT_ANY = 4 };
enum color_attr { COLOR_NONE = 6 };

extern int addattr32(struct nlmsghdr *n, int maxlen, int type, uint32_t data);
extern int get_u32(uint32_t *val, const char *arg, int base);
extern void invarg(const char *msg, const char *arg) __attribute__((noreturn));
extern int print_color_uint(enum output_type type, enum color_attr color, const char *key,
			    const char *fmt, unsigned int value);

static void venet_help(struct link_util *lu, int argc, char **argv, FILE *f)
{
	fprintf(f, "Usage: ... venet veid VEID\n\nVEID := 1..%d\n", VENET_VEID_MAX);
}

static int venet_parse(struct link_util *lu, int argc, char **argv, struct nlmsghdr *n)
{
	uint32_t veid;

	while (argc > 0) {
		if (!strcmp(*argv, "veid") && argc > 1) {
			argc--;
			argv++;
			if (get_u32(&veid, *argv, 0) || !veid || veid > VENET_VEID_MAX)
				invarg("veid is not an id of a container", *argv);
			addattr32(n, 1024, IFLA_VENET_VEID, veid);
		} else {
			venet_help(lu, argc, argv, stderr);
			return -1;
		}
		argc--;
		argv++;
	}
	return 0;
}

static void venet_print(struct link_util *lu, FILE *f, struct rtattr *tb[])
{
	uint32_t veid;

	if (!tb || !tb[IFLA_VENET_VEID] || RTA_PAYLOAD(tb[IFLA_VENET_VEID]) < sizeof(veid))
		return;
	memcpy(&veid, RTA_DATA(tb[IFLA_VENET_VEID]), sizeof(veid));
	print_color_uint(PRINT_ANY, COLOR_NONE, "veid", "veid %u ", veid);
}

extern struct link_util venet_link_util __attribute__((visibility("default")));

struct link_util venet_link_util = {
	.id = "venet",
	.maxattr = IFLA_VENET_MAX,
	.parse_opt = venet_parse,
	.print_opt = venet_print,
	.print_help = venet_help,
};
