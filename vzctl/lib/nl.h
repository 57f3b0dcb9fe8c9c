/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink: messages put together and answered; links.h has what is about devices. */
#ifndef VZ_NL_H
#define VZ_NL_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VZ_NL_BUF	8192	/* room for one answer, unless the caller has more */

/* a request; who has more than a few small attributes allocates it with more room behind it */
struct msg {
	struct nlmsghdr h;
	char data[1000];
};

static inline void msg_init(struct msg *m, uint16_t type, uint16_t flags, const void *body, size_t len)
{
	memset(m, 0, sizeof(*m));
	m->h.nlmsg_type = type;
	m->h.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	memcpy(m->data, body, len);
	m->h.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + NLMSG_ALIGN(len));
}

static inline struct rtattr *put(struct msg *m, uint16_t type, const void *data, size_t len)
{
	struct rtattr *a = (struct rtattr *)((char *)m + NLMSG_ALIGN(m->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	m->h.nlmsg_len = NLMSG_ALIGN(m->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static inline void put_u32(struct msg *m, uint16_t type, uint32_t v)
{
	put(m, type, &v, sizeof(v));
}

static inline void put_str(struct msg *m, uint16_t type, const char *s)
{
	put(m, type, s, strlen(s) + 1);
}

/* @a is what put() returned for the attribute that the later ones are part of */
static inline void nest_end(struct msg *m, struct rtattr *a)
{
	a->rta_len = (unsigned short)((char *)m + m->h.nlmsg_len - (char *)a);
}

/* a netlink socket, or -errno */
int vz_nl_open(int protocol);
/*
 * the same for rtnetlink in another network namespace
 * @ns: pidfd of a process that is in it, or the namespace itself
 */
int vz_nl_open_in(int ns);
/*
 * vz_nl_talk - send @m, wait for the answer and the acknowledgement
 * @answer: room for @size bytes of answer, or NULL
 * Returns 0 or the kernel's -errno.
 */
int vz_nl_talk(int fd, struct msg *m, char *answer, size_t size);
/*
 * vz_nl_dump - send @m, which asks for a list, and have each entry looked at
 * A negative value of @each ends it and is returned.
 */
int vz_nl_dump(int fd, struct msg *m, int (*each)(const struct nlmsghdr *h, void *arg), void *arg);

/*
 * struct vz_genl - a socket for a generic netlink family
 * @fd: the socket, -EBADF for none
 * @family: the kernel's number of it
 */
struct vz_genl {
	int fd;
	uint16_t family;
};

/* 0, -ENOENT when the kernel has no such family, or another -errno */
int vz_genl_open(struct vz_genl *g, const char *name);
void vz_genl_close(struct vz_genl *g);
#define _cleanup_genl_ __attribute__((cleanup(vz_genl_close)))
/* an empty request */
void vz_genl_msg(struct msg *m, const struct vz_genl *g, uint8_t cmd, uint8_t version);
/* the first attribute of @type of an answer, or NULL */
const struct rtattr *vz_genl_attr(const struct nlmsghdr *h, uint16_t type);

/* index of the link @name in the namespace of @fd, 0 when there is none */
int vz_nl_ifindex(int fd, const char *name);
int vz_nl_link_up(int fd, int index);

#endif /* VZ_NL_H */
