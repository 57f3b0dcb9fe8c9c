// SPDX-License-Identifier: GPL-2.0
/*
 * Devices of the host in a container; contract in netif.h.
 *
 *	            NETDEV, --netdev_add
 *	host  --------------------------->  container
 *	      <---------------------------
 *	       --netdev_del, stop; the kernel at the end of the namespace
 *
 * Inside, the device is the container's to rename, to configure and to hide in a namespace
 * below its own.  So nothing that the container can choose tells which one it is:
 * it is found by the address that it was made with and the bus that it is on.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "lifeint.h"
#include "links.h"
#include "log.h"
#include "netif.h"
#include "nl.h"
#include "statefile.h"
#include "util.h"
#include "verb.h"

/* how long the kernel may take to give a device back: a stop waits less than a start, which needs it */
#define STOP_MS		5000
#define START_MS	120000
#define POLL_MS		50

static int nomem(struct vz_error *e)
{
	return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

/* ---- what was given -------------------------------------------------------------------- */

/*
 * struct given - a line of the state file
 * @name, @mac, @mtu: what it gets back
 * @also: the further names that it keeps, with blanks between; those that do not fit are none
 * @hw, @parent, @kind: which it is, see struct vz_link
 * @back: found on the host, where it is device @index
 */
struct given {
	char name[IFNAMSIZ];
	char hw[VZ_LINK_HW], parent[VZ_LINK_PARENT], kind[VZ_LINK_KIND];
	unsigned char mac[VZ_MAC_LEN];
	uint32_t mtu;
	char also[512];
	bool back;
	int index;
};

static struct given given_of(const struct vz_link *l)
{
	struct given g = { .mtu = l->mtu };

	memcpy(g.name, l->name, sizeof(g.name));
	memcpy(g.hw, l->hw, sizeof(g.hw));
	memcpy(g.parent, l->parent, sizeof(g.parent));
	memcpy(g.kind, l->kind, sizeof(g.kind));
	memcpy(g.mac, l->mac, sizeof(g.mac));
	return g;
}

static bool same(const struct given *a, const struct given *b)
{
	return strcmp(a->hw, b->hw) == 0 && strcmp(a->parent, b->parent) == 0 && strcmp(a->kind, b->kind) == 0;
}

/* the line, allocated: "NAME MAC MTU HW PARENT KIND ALSO…" with "-" for what is not there */
static char *line_of(const struct given *g)
{
	char mac[VZ_MAC_TEXT];

	vz_mac_format(g->mac, mac);
	return vz_asprintf("%s %s %u %s %s %s%s", g->name, mac, g->mtu, *g->hw ? g->hw : "-",
			   *g->parent ? g->parent : "-", *g->kind ? g->kind : "-", g->also);
}

static bool copy_word(const char *word, char *ret, size_t size)
{
	if (strcmp(word, "-") == 0)
		word = "";
	return snprintf(ret, size, "%s", word) < (int)size;
}

/* one more for @also, which begins with a blank unless it is empty */
static void add_also(struct given *g, const char *name)
{
	size_t len = strlen(g->also);

	if (*name && !strpbrk(name, " \t\n") && len + 1 + strlen(name) < sizeof(g->also))
		sprintf(g->also + len, " %s", name);
}

static bool line_parse(const char *line, struct given *ret)
{
	_cleanup_strv_ char **w = vz_strv_split(line, " ");
	struct given g = { 0 };

	if (vz_strv_len(w) < 6 || !copy_word(w[0], g.name, sizeof(g.name)) || !vz_mac_parse(w[1], g.mac) ||
	    vz_parse_u32(w[2], &g.mtu) < 0 || !copy_word(w[3], g.hw, sizeof(g.hw)) ||
	    !copy_word(w[4], g.parent, sizeof(g.parent)) || !copy_word(w[5], g.kind, sizeof(g.kind)) ||
	    (!*g.hw && !*g.parent))
		return false;
	for (char **also = w + 6; *also; also++)
		add_also(&g, *also);
	*ret = g;
	return true;
}

/* all that were given and may be away; allocated */
static int state_read(const struct vz_ct *ct, struct given **ret, size_t *ret_n)
{
	_cleanup_strv_ char **lines = vz_statefile_read(VZ_NETDEV_STATE, ct->id);
	struct given *v = calloc(vz_strv_len(lines) + 1, sizeof(*v));
	size_t n = 0;

	if (!lines || !v) {
		free(v);
		return -ENOMEM;
	}
	for (char **l = lines; *l; l++)
		n += line_parse(*l, &v[n]);
	*ret = v;
	*ret_n = n;
	return 0;
}

/* those that are not back, and @more, which may be NULL */
static int state_write(const struct vz_ct *ct, const struct given *v, size_t n, const struct given *more)
{
	_cleanup_strv_ char **lines = NULL;

	for (size_t i = 0; i <= n; i++) {
		const struct given *g = i < n ? &v[i] : more;
		_cleanup_free_ char *line = g && !g->back ? line_of(g) : NULL;

		if (!g || g->back)
			continue;
		if (!line || vz_strv_add(&lines, line) < 0)
			return -ENOMEM;
	}
	return vz_statefile_write(VZ_NETDEV_STATE, ct->id, lines);
}

char **vz_netdev_live(const struct vz_ct *ct)
{
	_cleanup_free_ struct given *v = NULL;
	char **names = vz_strv_split("", " ");
	size_t n = 0;

	if (names && state_read(ct, &v, &n) < 0) {
		vz_strv_free(names);
		return NULL;
	}
	for (size_t i = 0; names && i < n; i++) {
		if (vz_strv_add(&names, v[i].name) < 0) {
			vz_strv_free(names);
			return NULL;
		}
	}
	return names;
}

/* ---- which may be given ---------------------------------------------------------------- */

/* does the kernel move such devices to the host when their namespace ends? */
static bool returns(const char *kind)
{
	static const char *const kinds[] = { "", "can", "dsa", "ipoib" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	}
	return false;
}

/* what else the host has beside @dev */
struct around {
	const struct vz_link *dev;
	char master[IFNAMSIZ], above[IFNAMSIZ], twin[IFNAMSIZ];
};

static int look_around(const struct vz_link *l, void *arg)
{
	struct around *a = arg;
	const struct vz_link *d = a->dev;
	const struct given one = given_of(d), other = given_of(l);

	if (l->index == d->index)
		return 0;
	if (l->index == d->master)
		memcpy(a->master, l->name, IFNAMSIZ);
	if (l->lower == d->index && l->netns < 0)
		memcpy(a->above, l->name, IFNAMSIZ);
	if (same(&one, &other))
		memcpy(a->twin, l->name, IFNAMSIZ);
	return 0;
}

static int check_one(int fd, const struct vz_link *l, struct vz_error *e)
{
	struct around a = { .dev = l };
	int r;

	if (l->flags & IFF_LOOPBACK || strcmp(l->kind, "venet") == 0)
		return vz_err(e, VZ_NETDEV_ERROR, EINVAL, "%s cannot be given to a container: each has one of its own",
			      l->name);
	if (!returns(l->kind))
		return vz_err(e, VZ_NETDEV_ERROR, EINVAL,
			      "%s cannot be given to a container: it is a virtual device (%s) and would be gone when the container stops; use --netif_add, with a bridge on the host",
			      l->name, l->kind);
	r = vz_link_each(fd, look_around, &a);
	if (r < 0)
		return vz_err(e, VZ_NETDEV_ERROR, -r, "Unable to list the network devices of the host: %m");
	if (*a.master)
		return vz_err(e, VZ_NETDEV_ERROR, EBUSY,
			      "%s cannot be given to a container: it is part of %s (ip link set %s nomaster)",
			      l->name, a.master, l->name);
	if (*a.above)
		return vz_err(e, VZ_NETDEV_ERROR, EBUSY,
			      "%s cannot be given to a container: %s is on top of it; remove that first",
			      l->name, a.above);
	if ((!*l->hw && !*l->parent) || *a.twin)
		return vz_err(e, VZ_NETDEV_ERROR, ENOTUNIQ,
			      "%s cannot be given to a container: it has no address of its own to be found by when it comes back%s%s",
			      l->name, *a.twin ? ", as has " : "", a.twin);
	return 0;
}

int vz_netdev_check(char *const *names, struct vz_error *e)
{
	_cleanup_close_ int fd = vz_nl_open(NETLINK_ROUTE);
	struct vz_link l;
	int r = 0;

	for (char *const *d = names; r == 0 && fd >= 0 && d && *d; d++) {
		if (vz_link_get(fd, *d, &l) == 0)
			r = check_one(fd, &l, e);
	}
	return r;
}

/* the container that has @name */
struct owner {
	const char *name;
	uint32_t id;
};

static int has_name(uint32_t id, const char *line, void *arg)
{
	struct owner *o = arg;
	struct given g;

	if (!line_parse(line, &g) || strcmp(g.name, o->name) != 0)
		return 0;
	o->id = id;
	return 1;
}

static int not_there(const struct vz_ct *ct, const char *name, struct vz_error *e)
{
	_cleanup_strv_ char **own = vz_netdev_live(ct);
	struct owner o = { .name = name };

	if (vz_strv_has(own, name))
		return vz_err(e, VZ_NETDEV_ERROR, EBUSY,
			      "The network device %s has not come back from the container yet, something still uses its network; try again later",
			      name);
	if (vz_statefile_others(VZ_NETDEV_STATE, ct->id, has_name, &o))
		return vz_err(e, VZ_NETDEV_ERROR, EBUSY,
			      "The network device %s is used by container %u; take it from that with vzctl set %u --netdev_del %s",
			      name, o.id, o.id, name);
	return vz_err(e, VZ_NETDEV_ERROR, ENODEV,
		      "The host has no network device %s; connect it, or remove it with --netdev_del %s", name, name);
}

/* ---- there ------------------------------------------------------------------------------ */

/* device @name of the host as it is now, if it may be given */
static int inspect(const struct vz_ct *ct, int fd, const char *name, struct vz_link *ret, struct given *ret_given,
		   struct vz_error *e)
{
	_cleanup_strv_ char **also = NULL;
	int r = vz_link_get(fd, name, ret);

	if (r == -ENODEV)
		return not_there(ct, name, e);
	if (r == 0)
		r = vz_link_altnames(fd, ret->index, &also);
	if (r < 0)
		return vz_err(e, VZ_NETDEV_ERROR, -r, "Unable to look at %s: %m", name);
	*ret_given = given_of(ret);
	for (char **a = also; *a; a++)
		add_also(ret_given, *a);
	return check_one(fd, ret, e);
}

static int give(const struct vz_ct *ct, int fd, int ns, const char *name, struct vz_error *e)
{
	_cleanup_free_ struct given *v = NULL;
	struct given g;
	struct vz_link l;
	size_t n = 0;
	int r = inspect(ct, fd, name, &l, &g, e);

	if (r < 0)
		return r;
	r = state_read(ct, &v, &n);
	if (r == 0)
		r = state_write(ct, v, n, &g);
	if (r < 0)
		return vz_err(e, VZ_NETDEV_ERROR, -r, "Unable to write " VZ_NETDEV_STATE "/%u: %m", ct->id);
	vz_fault("netdev-named");
	r = vz_link_move(fd, l.index, ns, NULL);
	vz_fault("netdev-moved");
	if (r == 0)
		return 0;
	state_write(ct, v, n, NULL);
	if (r == -EINVAL)
		return vz_err(e, VZ_NETDEV_ERROR, EINVAL,
			      "%s cannot be given to a container: its driver does not let it leave the host's network",
			      name);
	if (r == -EEXIST)
		return vz_err(e, VZ_NETDEV_ERROR, EEXIST,
			      "%s cannot be given to the container, which has a device of that name already", name);
	return vz_err(e, VZ_NETDEV_ERROR, -r, "Unable to give %s to the container: %m", name);
}

/* ---- and back ----------------------------------------------------------------------------- */

struct finding {
	const struct given *g;
	struct vz_link *ret;
};

static int is_given(const struct vz_link *l, void *arg)
{
	const struct given other = given_of(l);
	struct finding *f = arg;

	if (!same(f->g, &other))
		return 0;
	*f->ret = *l;
	return 1;
}

/* is it in the namespace of @fd? */
static bool find(int fd, const struct given *g, struct vz_link *ret)
{
	struct finding f = { .g = g, .ret = ret };

	return vz_link_each(fd, is_given, &f) == 1;
}

/* a name that nobody has and nobody guesses */
static void make_name(char ret[IFNAMSIZ])
{
	uint32_t n = 0;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		n = (uint32_t)getpid();
	snprintf(ret, IFNAMSIZ, "vz%08x", n);
}

/* takes the further names from it that it got in the container; @all: its own as well */
static void drop_names(int fd, int index, const struct given *g, bool all)
{
	_cleanup_strv_ char **names = NULL, **keep = vz_strv_split(g->also, " ");

	if (vz_link_altnames(fd, index, &names) < 0)
		return;
	for (char **n = names; *n; n++) {
		if (all || !vz_strv_has(keep, *n))
			vz_link_drop_altname(fd, index, *n);
	}
}

/* to the host under @name; what it was called also may be taken there by now */
static int move_out(int in, int index, const struct given *g, const char *name, int own)
{
	int r;

	drop_names(in, index, g, false);
	vz_link_rename(in, index, name);
	r = vz_link_move(in, index, own, name);
	if (r != -EEXIST)
		return r;
	drop_names(in, index, g, true);
	return vz_link_move(in, index, own, name);
}

/*
 * Out of the namespace of @in, where a running container may do its own things meanwhile.  If
 * it puts another device in the place of that one, that is what is moved: it is
 * down, and it goes back before anybody has looked at it.
 */
static void take(int fd, int in, const struct given *g)
{
	_cleanup_close_ int own = vz_netns_own(), ns = -EBADF;
	struct vz_link l;
	char name[IFNAMSIZ];

	if (own < 0 || !find(in, g, &l))
		return;
	make_name(name);
	if (move_out(in, l.index, g, name, own) < 0 || find(fd, g, &l) || vz_link_get(fd, name, &l) < 0)
		return;
	ns = vz_netns_of(in);
	if (ns < 0 || vz_link_move(fd, l.index, ns, NULL) < 0)
		vz_link_del(fd, l.index);
}

/* what the container may have changed, but for the name */
static void restore(int fd, const struct given *g, const struct vz_link *l)
{
	static const unsigned char none[VZ_MAC_LEN];

	drop_names(fd, l->index, g, false);
	if (memcmp(g->mac, none, VZ_MAC_LEN) != 0 && memcmp(g->mac, l->mac, VZ_MAC_LEN) != 0)
		vz_link_set_mac(fd, l->index, g->mac);
	if (g->mtu != l->mtu)
		vz_link_set_mtu(fd, l->index, g->mtu);
}

/* its own name, or, where another device has that, one of the kernel's choice */
static void give_name(int fd, const struct given *g)
{
	struct vz_link l;
	int r = vz_link_rename(fd, g->index, g->name);

	if (r == 0 || !find(fd, g, &l))
		return;
	vz_link_rename(fd, g->index, "dev%d");
	if (find(fd, g, &l))
		vz_warn("WARNING: The network device %s is back from the container as %s: %s", g->name, l.name,
			r == -EEXIST ? "the host has another one of its name now" : strerror(-r));
}

/*
 * Those that are back get back what is theirs.  At first all lose the names that they came with, which
 * may be each other's.
 */
static void settle(int fd, struct given *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct vz_link l;
		char name[IFNAMSIZ];

		v[i].back = v[i].back && find(fd, &v[i], &l);
		if (!v[i].back)
			continue;
		v[i].index = l.index;
		restore(fd, &v[i], &l);
		if (strcmp(l.name, v[i].name) != 0) {
			make_name(name);
			vz_link_rename(fd, l.index, name);
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (v[i].back)
			give_name(fd, &v[i]);
	}
}

/* has another container got it meanwhile? */
static int is_line_of(uint32_t id, const char *line, void *arg)
{
	struct given theirs;

	return line_parse(line, &theirs) && same(&theirs, arg);
}

/*
 * One look for all in @v: on the host, and in the namespace of @in unless that is -EBADF.
 * Returns how many are still away.
 */
static size_t look(int fd, int in, struct given *v, size_t n, char *const *names)
{
	size_t away = 0;

	for (size_t i = 0; i < n; i++) {
		struct vz_link l;

		if (v[i].back || (names && !vz_strv_has(names, v[i].name)))
			continue;
		v[i].back = find(fd, &v[i], &l);
		if (!v[i].back && in >= 0) {
			take(fd, in, &v[i]);
			v[i].back = find(fd, &v[i], &l);
		}
		away += !v[i].back;
	}
	return away;
}

/*
 * come_back - have the devices of a container back on the host
 * @in: rtnetlink in the container's namespace, -EBADF when it cannot be reached
 * @names: these only, NULL for all
 * @ms: how long to wait for the kernel
 * Returns how many are still away; the state file names those.
 */
static size_t come_back(const struct vz_ct *ct, int in, char *const *names, int ms)
{
	_cleanup_free_ struct given *v = NULL;
	_cleanup_close_ int fd = -EBADF;
	int64_t end = vz_now_ms() + ms;
	size_t n = 0, away = 0;

	if (state_read(ct, &v, &n) < 0 || !n)
		return 0;
	fd = vz_nl_open(NETLINK_ROUTE);
	if (fd < 0)
		return n;
	while ((away = look(fd, in, v, n, names)) && vz_now_ms() < end && !vz_interrupted)
		nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000L }, NULL);
	settle(fd, v, n);
	for (size_t i = 0; away && i < n; i++) {
		if (v[i].back || (names && !vz_strv_has(names, v[i].name)) ||
		    !vz_statefile_others(VZ_NETDEV_STATE, ct->id, is_line_of, &v[i]))
			continue;
		v[i].back = true;
		away--;
	}
	state_write(ct, v, n, NULL);
	return away;
}

/* ---- live ----------------------------------------------------------------------------------- */

int vz_netdev_add(struct vz_ct *ct, char *const *names, struct vz_error *e)
{
	_cleanup_close_ int fd = vz_nl_open(NETLINK_ROUTE), pidfd = -EBADF, ns = -EBADF;
	_cleanup_strv_ char **have = NULL;
	int r;

	r = vz_init_pidfd(ct, &pidfd, e);
	if (r < 0)
		return r;
	ns = vz_netns_open(pidfd);
	if (fd < 0 || ns < 0)
		return vz_err(e, VZ_NETDEV_ERROR, fd < 0 ? -fd : -ns,
			      "Unable to reach the network of the container: %m");
	/* one that the container has lost, with a namespace that it was in */
	come_back(ct, -EBADF, names, 0);
	have = vz_netdev_live(ct);
	for (; r == 0 && names && *names; names++) {
		if (vz_strv_has(have, *names))
			vz_warn("The network device %s is given to the container already", *names);
		else
			r = give(ct, fd, ns, *names, e);
	}
	return r;
}

int vz_netdev_del(struct vz_ct *ct, char *const *names, struct vz_error *e)
{
	_cleanup_close_ int pidfd = -EBADF, in = -EBADF;
	_cleanup_strv_ char **away = NULL;
	int r;

	r = vz_init_pidfd(ct, &pidfd, e);
	if (r < 0)
		return r;
	in = vz_nl_open_in(pidfd);
	if (in < 0)
		return vz_err(e, VZ_NETDEV_ERROR, -in, "Unable to reach the network of the container: %m");
	if (!come_back(ct, in, names, 0))
		return 0;
	away = vz_netdev_live(ct);
	for (; names && *names; names++) {
		if (vz_strv_has(away, *names))
			return vz_err(e, VZ_NETDEV_ERROR, EBUSY,
				      "Unable to take the network device %s from the container, which has hidden it in a network namespace of its own; stop the container",
				      *names);
	}
	return nomem(e);
}

/* ---- start and stop ------------------------------------------------------------------------- */

int vz_netdev_setup(struct vz_ct *ct, int pidfd, struct vz_error *e)
{
	const char *value = vz_ct_get(ct, "NETDEV");
	_cleanup_strv_ char **names = vz_strv_split(value ? value : "", " \t,");
	_cleanup_close_ int fd = -EBADF, ns = -EBADF;
	_cleanup_free_ char *list = NULL;
	int r = 0;

	if (!names)
		return nomem(e);
	if (!*names)
		return 0;
	list = vz_strv_join(names, " ");
	vz_info("Adding network device(s): %s", list ? list : "");
	if (come_back(ct, -EBADF, names, 0)) {
		vz_info("Waiting until the network of the last run lets them go ...");
		come_back(ct, -EBADF, names, START_MS);
	}
	fd = vz_nl_open(NETLINK_ROUTE);
	ns = vz_netns_open(pidfd);
	if (fd < 0 || ns < 0)
		return vz_err(e, VZ_NETDEV_ERROR, fd < 0 ? -fd : -ns,
			      "Unable to reach the network of the container: %m");
	for (char **d = names; r == 0 && *d; d++)
		r = give(ct, fd, ns, *d, e);
	return r;
}

int vz_netdev_hold(const struct vz_ct *ct, int pidfd)
{
	_cleanup_free_ struct given *v = NULL;
	size_t n = 0;

	if (pidfd < 0 || state_read(ct, &v, &n) < 0 || !n)
		return -EBADF;
	return vz_nl_open_in(pidfd);
}

void vz_netdev_release(const struct vz_ct *ct, int *hold)
{
	if (*hold >= 0)
		come_back(ct, *hold, NULL, 0);
	*hold = vz_close(*hold);
}

void vz_netdev_cleanup(const struct vz_ct *ct)
{
	_cleanup_strv_ char **away = NULL;

	if (!come_back(ct, -EBADF, NULL, STOP_MS))
		return;
	away = vz_netdev_live(ct);
	for (char **d = away; d && *d; d++)
		vz_warn("WARNING: The network device %s has not come back from the container yet: something still uses its network; the next command for the container looks for it",
			*d);
}
