// SPDX-License-Identifier: GPL-2.0
/* Netlink; contract in nl.h. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "nl.h"
#include "util.h"

/* a device may have more than 64 KiB of names */
#define DUMP_BUF	(128 << 10)

static uint32_t seq;

/* what is longer than @size is an error, not half a message */
static ssize_t receive(int fd, char *buf, size_t size)
{
	ssize_t n;

	do {
		n = recv(fd, buf, size, MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n > (ssize_t)size)
		return -EMSGSIZE;
	return n < 0 ? -errno : n;
}

/*
 * Sends @m and calls @each for what answers it, until the kernel says that this was all or
 * what is wrong.  After an error of @each, which is returned, the rest is read and not
 * looked at.  @room: for as much as the kernel sends at once
 */
static int exchange(int fd, struct msg *m, size_t room,
		    int (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	_cleanup_free_ char *buf = malloc(room);
	int r = 0;

	if (!buf)
		return -ENOMEM;
	m->h.nlmsg_seq = ++seq;
	if (send(fd, m, m->h.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t n = receive(fd, buf, room);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		if (n < 0)
			return (int)n;
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_seq != m->h.nlmsg_seq)
				continue;
			if (h->nlmsg_type == NLMSG_DONE)
				return r;
			if (h->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			if (r >= 0)
				r = each(h, arg);
		}
	}
}

struct answer {
	char *buf;
	size_t size;
};

static int keep_answer(const struct nlmsghdr *h, void *arg)
{
	const struct answer *a = arg;

	if (a->buf && h->nlmsg_len <= a->size)
		memcpy(a->buf, h, h->nlmsg_len);
	return 0;
}

int vz_nl_talk(int fd, struct msg *m, char *answer, size_t size)
{
	struct answer a = { .buf = answer, .size = size };

	return exchange(fd, m, size > VZ_NL_BUF ? size : VZ_NL_BUF, keep_answer, &a);
}

int vz_nl_dump(int fd, struct msg *m, int (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	m->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	return exchange(fd, m, DUMP_BUF, each, arg);
}

int vz_nl_open(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), one = 1;

	if (fd < 0)
		return -errno;
	/* a refusal does not bring the whole request back */
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	return fd;
}

int vz_nl_open_in(int ns)
{
	_cleanup_close_ int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd;

	if (own < 0 || setns(ns, CLONE_NEWNET) < 0)
		return -errno;
	fd = vz_nl_open(NETLINK_ROUTE);
	if (setns(own, CLONE_NEWNET) < 0) {
		/* never go on in the wrong namespace */
		vz_close(fd);
		_exit(VZ_SYSTEM_ERROR);
	}
	return fd;
}

const struct rtattr *vz_genl_attr(const struct nlmsghdr *h, uint16_t type)
{
	const struct rtattr *a = (const struct rtattr *)((const char *)NLMSG_DATA(h) + GENL_HDRLEN);
	int len = (int)(h->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN));

	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	}
	return NULL;
}

void vz_genl_close(struct vz_genl *g)
{
	g->fd = vz_close(g->fd);
}

void vz_genl_msg(struct msg *m, const struct vz_genl *g, uint8_t cmd, uint8_t version)
{
	struct genlmsghdr i = { .cmd = cmd, .version = version };

	msg_init(m, g->family, 0, &i, sizeof(i));
}

int vz_genl_open(struct vz_genl *g, const char *name)
{
	union {
		struct nlmsghdr h;
		char buf[VZ_NL_BUF];
	} answer = { 0 };
	const struct rtattr *a;
	struct msg m;
	int r;

	g->family = GENL_ID_CTRL;
	g->fd = vz_nl_open(NETLINK_GENERIC);
	if (g->fd < 0)
		return g->fd;
	vz_genl_msg(&m, g, CTRL_CMD_GETFAMILY, 1);
	put_str(&m, CTRL_ATTR_FAMILY_NAME, name);
	r = vz_nl_talk(g->fd, &m, answer.buf, sizeof(answer.buf));
	if (r == 0) {
		a = answer.h.nlmsg_len ? vz_genl_attr(&answer.h, CTRL_ATTR_FAMILY_ID) : NULL;
		if (!a)
			r = -EPROTO;
		else
			memcpy(&g->family, RTA_DATA(a), sizeof(g->family));
	}
	if (r < 0)
		vz_genl_close(g);
	return r;
}

int vz_nl_ifindex(int fd, const char *name)
{
	struct ifreq ifr = { 0 };

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(fd, SIOCGIFINDEX, &ifr) < 0 ? 0 : ifr.ifr_ifindex;
}

int vz_nl_link_up(int fd, int index)
{
	struct ifinfomsg i = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct msg m;

	msg_init(&m, RTM_NEWLINK, 0, &i, sizeof(i));
	return vz_nl_talk(fd, &m, NULL, 0);
}
