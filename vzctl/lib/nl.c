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

#define DUMP_BUF	65536

static uint32_t seq;

static ssize_t receive(int fd, char *buf, size_t size)
{
	ssize_t n;

	do {
		n = recv(fd, buf, size, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int vz_nl_talk(int fd, struct msg *m, char *answer, size_t size)
{
	char buf[VZ_NL_BUF];

	m->h.nlmsg_seq = ++seq;
	if (send(fd, m, m->h.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t n = receive(fd, buf, sizeof(buf));
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		if (n < 0)
			return (int)n;
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_seq != m->h.nlmsg_seq)
				continue;
			if (h->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			if (answer && h->nlmsg_len <= size)
				memcpy(answer, h, h->nlmsg_len);
		}
	}
}

int vz_nl_dump(int fd, struct msg *m, int (*each)(const struct nlmsghdr *h, void *arg), void *arg)
{
	_cleanup_free_ char *buf = malloc(DUMP_BUF);
	int r = 0;

	if (!buf)
		return -ENOMEM;
	m->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m->h.nlmsg_seq = ++seq;
	if (send(fd, m, m->h.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		ssize_t n = receive(fd, buf, DUMP_BUF);
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
			/* the rest is read, and not looked at */
			if (r >= 0)
				r = each(h, arg);
		}
	}
}

int vz_nl_open(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	return fd < 0 ? -errno : fd;
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
