// SPDX-License-Identifier: GPL-2.0
/*
 * The filter of MAC addresses on the host's end of a container's interface.
 *
 *	clsact of the host's end
 *	  ingress, PREF: a BPF program looks at the source of what the container sends
 *	  egress, PREF:  another one looks at the destination of what it is sent
 *
 * Both either drop a frame or have nothing to say of it: what else there is on the
 * device, the administrator's own filters above all, goes on as without them.  The programs are
 * classic BPF, which needs neither bpf(2) nor a compiler, and see the frame from
 * its first byte on, with a VLAN tag or without.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

#include "links.h"
#include "nl.h"
#include "util.h"

#define PREF	51	/* the one that we take among the filters of a device */
#define HANDLE	1

static uint32_t mac_head(const unsigned char mac[VZ_MAC_LEN])
{
	return (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
}

static uint32_t mac_tail(const unsigned char mac[VZ_MAC_LEN])
{
	return (uint32_t)mac[4] << 8 | mac[5];
}

unsigned int vz_macfilter_from(const unsigned char mac[VZ_MAC_LEN], struct sock_filter *ret)
{
	const struct sock_filter prog[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ETH_ALEN),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mac_head(mac), 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETH_ALEN + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mac_tail(mac), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, (uint32_t)TC_ACT_UNSPEC),
		BPF_STMT(BPF_RET | BPF_K, TC_ACT_SHOT),
	};

	memcpy(ret, prog, sizeof(prog));
	return ARRAY_SIZE(prog);
}

unsigned int vz_macfilter_to(const unsigned char mac[VZ_MAC_LEN], struct sock_filter *ret)
{
	const struct sock_filter prog[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		/* the group bit: multicast and broadcast */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 4, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mac_head(mac), 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mac_tail(mac), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, (uint32_t)TC_ACT_UNSPEC),
		BPF_STMT(BPF_RET | BPF_K, TC_ACT_SHOT),
	};

	_Static_assert(ARRAY_SIZE(prog) <= VZ_MACFILTER_OPS, "room for the program");
	memcpy(ret, prog, sizeof(prog));
	return ARRAY_SIZE(prog);
}

/* a request about the qdisc, or about our filter in direction @minor of it */
static void tc_init(struct msg *m, uint16_t type, uint16_t flags, int index, uint32_t minor)
{
	struct tcmsg t = { .tcm_family = AF_UNSPEC, .tcm_ifindex = index };

	if (minor) {
		t.tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor);
		t.tcm_handle = HANDLE;
		t.tcm_info = TC_H_MAKE(PREF << 16, htons(ETH_P_ALL));
	} else {
		t.tcm_parent = TC_H_CLSACT;
		t.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	}
	msg_init(m, type, flags, &t, sizeof(t));
	put_str(m, TCA_KIND, minor ? "bpf" : "clsact");
}

static int add_qdisc(int fd, int index)
{
	struct msg m;
	int r;

	tc_init(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index, 0);
	r = vz_nl_talk(fd, &m, NULL, 0);
	return r == -EEXIST ? 0 : r;
}

static int set_program(int fd, int index, uint32_t minor, const struct sock_filter *prog, unsigned int len)
{
	uint16_t ops = (uint16_t)len;
	struct rtattr *options;
	struct msg m;

	tc_init(&m, RTM_NEWTFILTER, NLM_F_CREATE, index, minor);
	options = put(&m, TCA_OPTIONS, NULL, 0);
	put(&m, TCA_BPF_OPS_LEN, &ops, sizeof(ops));
	put(&m, TCA_BPF_OPS, prog, len * sizeof(*prog));
	put_u32(&m, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	nest_end(&m, options);
	return vz_nl_talk(fd, &m, NULL, 0);
}

int vz_macfilter_set(int fd, int index, const unsigned char mac[VZ_MAC_LEN])
{
	struct sock_filter prog[VZ_MACFILTER_OPS];
	int r = add_qdisc(fd, index);

	if (r == 0)
		r = set_program(fd, index, TC_H_MIN_INGRESS, prog, vz_macfilter_from(mac, prog));
	if (r == 0)
		r = set_program(fd, index, TC_H_MIN_EGRESS, prog, vz_macfilter_to(mac, prog));
	return r;
}

int vz_macfilter_clear(int fd, int index)
{
	static const uint32_t minors[] = { TC_H_MIN_INGRESS, TC_H_MIN_EGRESS };

	for (size_t i = 0; i < ARRAY_SIZE(minors); i++) {
		struct msg m;
		int r;

		tc_init(&m, RTM_DELTFILTER, 0, index, minors[i]);
		r = vz_nl_talk(fd, &m, NULL, 0);
		/* without a qdisc, or without a filter of ours */
		if (r < 0 && r != -EINVAL && r != -ENOENT)
			return r;
	}
	return 0;
}
