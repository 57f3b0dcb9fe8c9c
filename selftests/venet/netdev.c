// SPDX-License-Identifier: GPL-2.0
/*
 * netdev: what ethtool and an XDP loader do, for the tests of venet.
 *
 *	netdev driver DEV		its driver
 *	netdev stat DEV NAME		a counter of `ethtool -S`
 *	netdev flag DEV FLAG [0|1]	a feature: rx tx sg tso gso gro; or set it
 *	netdev xdp DEV drop|pass CMD...	run CMD while a generic XDP program does that
 *
 * Prints the answer. Exit status 1: not done, and the errno is printed; of xdp that of CMD.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(void)
{
	puts(strerrorname_np(errno));
	exit(1);
}

static void usage(void)
{
	fprintf(stderr, "usage: netdev driver|stat|flag|xdp DEV ...\n");
	exit(2);
}

static void ethtool(const char *dev, void *data)
{
	struct ifreq ifr = { .ifr_data = data };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(ifr.ifr_name, dev, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr))
		die();
	close(fd);
}

static int cmd_stat(const char *dev, const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_gstrings *names;
	struct ethtool_stats *stats;
	unsigned int i;

	ethtool(dev, &info);
	names = calloc(1, sizeof(*names) + info.n_stats * ETH_GSTRING_LEN);
	stats = calloc(1, sizeof(*stats) + info.n_stats * sizeof(stats->data[0]));
	if (!names || !stats)
		die();
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = info.n_stats;
	ethtool(dev, names);
	stats->cmd = ETHTOOL_GSTATS;
	stats->n_stats = info.n_stats;
	ethtool(dev, stats);
	for (i = 0; i < info.n_stats; i++)
		if (!strncmp((char *)names->data + i * ETH_GSTRING_LEN, name, ETH_GSTRING_LEN)) {
			printf("%llu\n", (unsigned long long)stats->data[i]);
			return 0;
		}
	errno = ENOENT;
	die();
	return 1;
}

static int cmd_flag(const char *dev, const char *flag, const char *on)
{
	static const struct {
		const char *name;
		uint32_t get, set;
	} flags[] = {
		{ "rx", ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM },
		{ "tx", ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM },
		{ "sg", ETHTOOL_GSG, ETHTOOL_SSG },
		{ "tso", ETHTOOL_GTSO, ETHTOOL_STSO },
		{ "gso", ETHTOOL_GGSO, ETHTOOL_SGSO },
		{ "gro", ETHTOOL_GGRO, ETHTOOL_SGRO },
	};
	struct ethtool_value v = { 0 };
	unsigned int i;

	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (strcmp(flags[i].name, flag))
			continue;
		v.cmd = on ? flags[i].set : flags[i].get;
		v.data = on && atoi(on);
		ethtool(dev, &v);
		if (!on)
			printf("%u\n", v.data);
		return 0;
	}
	usage();
	return 2;
}

static int bpf(int cmd, union bpf_attr *attr)
{
	int r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	if (r < 0)
		die();
	return r;
}

static int cmd_xdp(const char *dev, const char *what, char **argv)
{
	struct bpf_insn prog[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0,
		  .imm = strcmp(what, "drop") ? XDP_PASS : XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = 2,
		.insns = (uintptr_t)prog, .license = (uintptr_t)"GPL",
	};
	union bpf_attr link = {
		.link_create.target_ifindex = if_nametoindex(dev),
		.link_create.attach_type = BPF_XDP,
		.link_create.flags = XDP_FLAGS_SKB_MODE,
	};
	int status;
	pid_t pid;

	link.link_create.prog_fd = bpf(BPF_PROG_LOAD, &load);
	/* detached when the last descriptor is closed: with us */
	bpf(BPF_LINK_CREATE, &link);
	pid = fork();
	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0)
		die();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	const char *cmd = argc > 1 ? argv[1] : "";

	if (!strcmp(cmd, "driver") && argc == 3) {
		struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

		ethtool(argv[2], &info);
		puts(info.driver);
		return 0;
	}
	if (!strcmp(cmd, "stat") && argc == 4)
		return cmd_stat(argv[2], argv[3]);
	if (!strcmp(cmd, "flag") && (argc == 4 || argc == 5))
		return cmd_flag(argv[2], argv[3], argv[4]);
	if (!strcmp(cmd, "xdp") && argc > 4)
		return cmd_xdp(argv[2], argv[3], argv + 4);
	usage();
	return 2;
}
