// SPDX-License-Identifier: GPL-2.0
/* Network devices through rtnetlink; contract in links.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "links.h"
#include "nl.h"
#include "util.h"

/* of pidfds, since Linux 6.11 */
#ifndef PIDFD_GET_NET_NAMESPACE
#define PIDFD_GET_NET_NAMESPACE	_IO(0xFF, 4)
#endif

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS	(1 << 3)
#endif

/* ALTIFNAMSIZ of linux/if.h, which does not go with net/if.h */
#define ALTNAME	128

/* ---- reading ---------------------------------------------------------------------- */

static uint32_t get_u32(const struct rtattr *a)
{
	uint32_t v = 0;

	if (RTA_PAYLOAD(a) >= sizeof(v))
		memcpy(&v, RTA_DATA(a), sizeof(v));
	return v;
}

/* text of @a behind what @ret has already; what does not fit is left out */
static void add_text(const struct rtattr *a, char *ret, size_t size)
{
	size_t have = strlen(ret), len = strnlen(RTA_DATA(a), RTA_PAYLOAD(a));

	if (len >= size - have)
		len = size - have - 1;
	memcpy(ret + have, RTA_DATA(a), len);
	ret[have + len] = '\0';
}

static void get_hw(const struct rtattr *a, struct vz_link *ret)
{
	const unsigned char *b = RTA_DATA(a);

	for (size_t i = 0; i < RTA_PAYLOAD(a) && 2 * i + 2 < sizeof(ret->hw); i++)
		sprintf(ret->hw + 2 * i, "%02x", b[i]);
}

static const struct rtattr *nested(const struct rtattr *nest, unsigned short type)
{
	const struct rtattr *a = RTA_DATA(nest);
	int len = (int)RTA_PAYLOAD(nest);

	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	}
	return NULL;
}

/* calls @each for each attribute of a message about a device; false if it is none */
static bool each_attr(const struct nlmsghdr *h, void (*each)(const struct rtattr *a, void *arg), void *arg)
{
	const struct ifinfomsg *i = NLMSG_DATA(h);
	const struct rtattr *a = IFLA_RTA(i);
	int len = (int)h->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*i));

	if (h->nlmsg_type != RTM_NEWLINK || len < 0)
		return false;
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		each(a, arg);
	return true;
}

struct parsing {
	struct vz_link *l;
	char bus[VZ_LINK_PARENT / 2], device[VZ_LINK_PARENT / 2];
};

static void parse_attr(const struct rtattr *a, void *arg)
{
	struct parsing *p = arg;
	struct vz_link *l = p->l;
	const struct rtattr *kind;

	switch (a->rta_type & NLA_TYPE_MASK) {
	case IFLA_IFNAME:
		add_text(a, l->name, sizeof(l->name));
		break;
	case IFLA_LINK:
		l->lower = (int)get_u32(a);
		break;
	case IFLA_LINK_NETNSID:
		l->netns = (int)get_u32(a);
		break;
	case IFLA_MASTER:
		l->master = (int)get_u32(a);
		break;
	case IFLA_MTU:
		l->mtu = get_u32(a);
		break;
	case IFLA_ADDRESS:
		if (RTA_PAYLOAD(a) == VZ_MAC_LEN)
			memcpy(l->mac, RTA_DATA(a), VZ_MAC_LEN);
		break;
	case IFLA_PERM_ADDRESS:
		get_hw(a, l);
		break;
	case IFLA_PARENT_DEV_BUS_NAME:
		add_text(a, p->bus, sizeof(p->bus));
		break;
	case IFLA_PARENT_DEV_NAME:
		add_text(a, p->device, sizeof(p->device));
		break;
	case IFLA_LINKINFO:
		kind = nested(a, IFLA_INFO_KIND);
		if (kind)
			add_text(kind, l->kind, sizeof(l->kind));
		break;
	}
}

static int parse(const struct nlmsghdr *h, struct vz_link *ret)
{
	const struct ifinfomsg *i = NLMSG_DATA(h);
	struct parsing p = { .l = ret };

	memset(ret, 0, sizeof(*ret));
	ret->netns = -1;
	if (!each_attr(h, parse_attr, &p))
		return -EPROTO;
	ret->index = i->ifi_index;
	ret->flags = i->ifi_flags;
	if (*p.device)
		snprintf(ret->parent, sizeof(ret->parent), "%s/%s", p.bus, p.device);
	for (char *s = ret->parent; (s = strchr(s, ' ')); )
		*s = '_';
	return 0;
}

/* room for a device with as many further names as the kernel lets it have */
#define LINK_BUF	(128 << 10)

/* the kernel's message about the device @name, or number @index where that is NULL; allocated */
static int get(int fd, const char *name, int index, struct nlmsghdr **ret)
{
	struct ifinfomsg i = { .ifi_index = name ? 0 : index };
	_cleanup_free_ struct nlmsghdr *h = calloc(1, LINK_BUF);
	struct msg m;
	int r;

	if (!h)
		return -ENOMEM;
	msg_init(&m, RTM_GETLINK, 0, &i, sizeof(i));
	if (name)
		put_str(&m, IFLA_IFNAME, name);
	put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = vz_nl_talk(fd, &m, (char *)h, LINK_BUF);
	if (r < 0)
		return r;
	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(i)))
		return -EPROTO;
	*ret = h;
	h = NULL;
	return 0;
}

int vz_link_get(int fd, const char *name, struct vz_link *ret)
{
	_cleanup_free_ struct nlmsghdr *h = NULL;
	struct vz_link l;
	int r = get(fd, name, 0, &h);

	if (r == 0)
		r = parse(h, &l);
	/* a further name of a device is found as well */
	if (r == 0 && strcmp(l.name, name) != 0)
		r = -ENODEV;
	if (r == 0)
		*ret = l;
	return r;
}

bool vz_link_taken(int fd, const char *name)
{
	_cleanup_free_ struct nlmsghdr *h = NULL;

	return get(fd, name, 0, &h) != -ENODEV;
}

struct every {
	int (*each)(const struct vz_link *l, void *arg);
	void *arg;
	int ended;
};

static int every_link(const struct nlmsghdr *h, void *arg)
{
	struct every *e = arg;
	struct vz_link l;

	if (!e->ended && parse(h, &l) == 0)
		e->ended = e->each(&l, e->arg);
	return 0;
}

int vz_link_each(int fd, int (*each)(const struct vz_link *l, void *arg), void *arg)
{
	struct every e = { .each = each, .arg = arg };
	struct ifinfomsg i = { 0 };
	struct msg m;
	int r;

	msg_init(&m, RTM_GETLINK, 0, &i, sizeof(i));
	put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = vz_nl_dump(fd, &m, every_link, &e);
	return r < 0 ? r : e.ended;
}

/* ---- changing --------------------------------------------------------------------- */

/* a message about device @index, to which one attribute is added */
static void change_init(struct msg *m, uint16_t type, int index)
{
	struct ifinfomsg i = { .ifi_index = index };

	msg_init(m, type, 0, &i, sizeof(i));
}

int vz_link_del(int fd, int index)
{
	struct msg m;

	change_init(&m, RTM_DELLINK, index);
	return vz_nl_talk(fd, &m, NULL, 0);
}

int vz_link_rename(int fd, int index, const char *name)
{
	struct msg m;

	change_init(&m, RTM_SETLINK, index);
	put_str(&m, IFLA_IFNAME, name);
	return vz_nl_talk(fd, &m, NULL, 0);
}

int vz_link_set_mac(int fd, int index, const unsigned char mac[VZ_MAC_LEN])
{
	struct msg m;

	change_init(&m, RTM_SETLINK, index);
	put(&m, IFLA_ADDRESS, mac, VZ_MAC_LEN);
	return vz_nl_talk(fd, &m, NULL, 0);
}

int vz_link_set_mtu(int fd, int index, uint32_t mtu)
{
	struct msg m;

	change_init(&m, RTM_SETLINK, index);
	put_u32(&m, IFLA_MTU, mtu);
	return vz_nl_talk(fd, &m, NULL, 0);
}

int vz_link_set_master(int fd, int index, int master)
{
	struct msg m;

	change_init(&m, RTM_SETLINK, index);
	put_u32(&m, IFLA_MASTER, (uint32_t)master);
	return vz_nl_talk(fd, &m, NULL, 0);
}

int vz_link_move(int fd, int index, int ns, const char *name)
{
	struct msg m;

	change_init(&m, RTM_SETLINK, index);
	put_u32(&m, IFLA_NET_NS_FD, (uint32_t)ns);
	if (name)
		put_str(&m, IFLA_IFNAME, name);
	return vz_nl_talk(fd, &m, NULL, 0);
}

static void add_altnames(const struct rtattr *list, void *arg)
{
	const struct rtattr *a = RTA_DATA(list);
	int len = (int)RTA_PAYLOAD(list);
	char ***names = arg;

	if ((list->rta_type & NLA_TYPE_MASK) != IFLA_PROP_LIST)
		return;
	for (; *names && RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		char name[ALTNAME] = "";

		if ((a->rta_type & NLA_TYPE_MASK) != IFLA_ALT_IFNAME)
			continue;
		add_text(a, name, sizeof(name));
		if (vz_strv_add(names, name) < 0) {
			vz_strv_free(*names);
			*names = NULL;
		}
	}
}

int vz_link_altnames(int fd, int index, char ***ret)
{
	_cleanup_strv_ char **names = vz_strv_split("", " ");
	_cleanup_free_ struct nlmsghdr *h = NULL;
	int r = get(fd, NULL, index, &h);

	if (r < 0)
		return r;
	if (!each_attr(h, add_altnames, &names))
		return -EPROTO;
	if (!names)
		return -ENOMEM;
	*ret = names;
	names = NULL;
	return 0;
}

int vz_link_drop_altname(int fd, int index, const char *name)
{
	struct rtattr *list;
	struct msg m;

	change_init(&m, RTM_DELLINKPROP, index);
	list = put(&m, IFLA_PROP_LIST | NLA_F_NESTED, NULL, 0);
	put_str(&m, IFLA_ALT_IFNAME, name);
	nest_end(&m, list);
	return vz_nl_talk(fd, &m, NULL, 0);
}

/* ---- namespaces --------------------------------------------------------------------- */

int vz_netns_open(int pidfd)
{
	int fd = ioctl(pidfd, PIDFD_GET_NET_NAMESPACE, 0);

	return fd < 0 ? -errno : fd;
}

int vz_netns_of(int fd)
{
	int ns = ioctl(fd, SIOCGSKNS, 0);

	return ns < 0 ? -errno : ns;
}

int vz_netns_own(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int vz_netns_id(int fd, int ns)
{
	union {
		struct nlmsghdr h;
		char buf[256];
	} answer = { 0 };
	struct rtgenmsg g = { .rtgen_family = AF_UNSPEC };
	const struct rtattr *a;
	struct msg m;
	int len, r;

	msg_init(&m, RTM_GETNSID, 0, &g, sizeof(g));
	put_u32(&m, NETNSA_FD, (uint32_t)ns);
	r = vz_nl_talk(fd, &m, answer.buf, sizeof(answer.buf));
	if (r < 0)
		return r;
	a = (const struct rtattr *)(answer.buf + NLMSG_SPACE(sizeof(g)));
	len = (int)answer.h.nlmsg_len - (int)NLMSG_SPACE(sizeof(g));
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type == NETNSA_NSID)
			return (int)get_u32(a) < 0 ? -ENOENT : (int)get_u32(a);
	}
	return -EPROTO;
}
