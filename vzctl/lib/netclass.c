// SPDX-License-Identifier: GPL-2.0
/* The file of network classes; contract in netacct.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "life.h"
#include "netacct.h"
#include "params.h"
#include "util.h"
#include "venet.h"

#define FILE_MAX	(4 << 20)

static int addr_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

const char *vz_netclass_text(const struct vz_netclass *c, char *buf)
{
	char addr[INET6_ADDRSTRLEN] = "";

	inet_ntop(c->family, c->addr, addr, sizeof(addr));
	snprintf(buf, VZ_NETCLASS_TEXT, "%s/%d", addr, c->plen);
	return buf;
}

/* clears what is beyond the length; was there something? */
static bool clear_host_bits(struct vz_netclass *c)
{
	bool set = false;

	for (int i = c->plen; i < addr_bits(c->family); i++) {
		unsigned char bit = (unsigned char)(0x80 >> i % 8);

		set |= c->addr[i / 8] & bit;
		c->addr[i / 8] &= (unsigned char)~bit;
	}
	return set;
}

/* a line without its comment: 1 and the network, 0 for a blank line, or -errno */
static int parse_line(char *s, struct vz_netclass *ret, struct vz_error *e)
{
	_cleanup_strv_ char **w = vz_strv_split(s, " \t\r");
	struct vz_netclass c = { 0 };
	char net[VZ_NETCLASS_TEXT];
	int r;

	if (!w)
		return vz_err(e, 0, ENOMEM, "%m");
	if (!w[0])
		return 0;
	if (!w[1] || w[2])
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "expected a class and a network: 2 10.0.0.0/8");
	if (vz_parse_u32(w[0], &c.class) < 0 || c.class > VZ_NETCLASS_MAX)
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "bad class \"%s\"; expected 0 to %d", w[0],
			      VZ_NETCLASS_MAX);
	r = vz_ip_parse(w[1], &c.family, c.addr, &c.plen, e);
	if (r < 0)
		return r;
	if (clear_host_bits(&c))
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL,
			      "%s has bits beyond its length; the network is %s", w[1],
			      vz_netclass_text(&c, net));
	*ret = c;
	return 1;
}

static int compare(const void *x, const void *y)
{
	const struct vz_netclass *a = x, *b = y;
	int r;

	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	r = memcmp(a->addr, b->addr, sizeof(a->addr));
	if (r)
		return r;
	return a->plen != b->plen ? a->plen - b->plen : (int)a->line - (int)b->line;
}

static bool same(const struct vz_netclass *a, const struct vz_netclass *b)
{
	return a->family == b->family && a->plen == b->plen && memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

/* one network has one class, and is there once */
static int unite(struct vz_netclass *v, size_t *n, struct vz_error *e)
{
	char net[VZ_NETCLASS_TEXT];
	size_t k = 0;

	qsort(v, *n, sizeof(*v), compare);
	for (size_t i = 0; i < *n; i++) {
		if (k && same(&v[k - 1], &v[i])) {
			if (v[k - 1].class == v[i].class)
				continue;
			return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "line %u: %s is of class %u in line %u",
				      v[i].line, vz_netclass_text(&v[i], net), v[k - 1].class, v[k - 1].line);
		}
		v[k++] = v[i];
	}
	*n = k;
	if (k > VENET_NETS_MAX)
		return vz_err(e, VZ_INVALID_CONFIG, E2BIG, "%zu networks; the kernel takes %d at most", k,
			      VENET_NETS_MAX);
	return 0;
}

static int parse(char *text, struct vz_netclass **ret, size_t *ret_n, struct vz_error *e)
{
	struct vz_netclass *v = NULL;
	unsigned int line = 0;
	size_t n = 0, size = 0;
	int r = 0;

	for (char *s = text, *next; s; s = next) {
		next = strchr(s, '\n');
		if (next)
			*next++ = '\0';
		s[strcspn(s, "#")] = '\0';
		line++;
		if (n == size) {
			struct vz_netclass *p = reallocarray(v, size = size ? size * 2 : 64, sizeof(*v));

			if (!p) {
				r = vz_err(e, 0, ENOMEM, "%m");
				break;
			}
			v = p;
		}
		r = parse_line(s, &v[n], e);
		if (r < 0) {
			vz_err_ctx(e, "line %u", line);
			break;
		}
		if (r > 0)
			v[n++].line = line;
	}
	if (r >= 0)
		r = unite(v, &n, e);
	if (r < 0) {
		free(v);
		return r;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

int vz_netclass_load(const char *path, struct vz_netclass **ret, size_t *ret_n, struct vz_error *e)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	r = vz_read_file_at(AT_FDCWD, path, FILE_MAX, &text, &len);
	if (r < 0)
		return vz_err(e, 0, -r, "Unable to read %s: %m", path);
	if (strlen(text) != len)
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "%s is not a text file", path);
	r = parse(text, ret, ret_n, e);
	if (r < 0)
		vz_err_ctx(e, "%s", path);
	return r;
}
