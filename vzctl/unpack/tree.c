// SPDX-License-Identifier: GPL-2.0
/*
 * Paths below one directory.
 *
 * Each component is looked up by openat2() on its own, so no name of the
 * archive ever passes through a symbolic link, a mount or "..", whatever earlier
 * entries have put there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unpack.h"

void walk_init(struct walk *w, int top)
{
	w->path[0] = '\0';
	w->end[0] = 0;
	w->fd[0] = top;
	w->depth = 0;
}

void path_normalize(const char *name, const char *what, char *out, size_t size)
{
	unsigned int depth = 0;
	const char *p = name;
	size_t len = 0;

	if (*p == '/')
		die(X_BAD_TEMPLATE, name, "absolute %s", what);
	while (*p) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.')) {
			p += n + (p[n] == '/');
			continue;
		}
		if (n == 2 && p[0] == '.' && p[1] == '.')
			die(X_BAD_TEMPLATE, name, "%s has \"..\"", what);
		if (++depth > TREE_DEPTH || n > 255 || len + n + 2 > size)
			die(X_BAD_TEMPLATE, name, "%s is too long", what);
		if (len)
			out[len++] = '/';
		memcpy(out + len, p, n);
		len += n;
		p += n;
	}
	out[len] = '\0';
}

static int open_dir(int dirfd, const char *name)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
}

static void walk_up(struct walk *w, unsigned int depth)
{
	while (w->depth > depth) {
		close(w->fd[w->depth]);
		w->depth--;
	}
	w->path[w->end[depth]] = '\0';
}

int walk_parent(struct walk *w, const char *path, int create, const char **ret_base)
{
	const char *base = strrchr(path, '/');
	size_t dirlen = base ? (size_t)(base - path) : 0;
	unsigned int depth = 0;

	*ret_base = base ? base + 1 : path;
	/* how much of where we are is on the way */
	while (depth < w->depth) {
		size_t end = w->end[depth + 1];

		if (end > dirlen || (end < dirlen && path[end] != '/') ||
		    memcmp(path, w->path, end) != 0)
			break;
		depth++;
	}
	if (depth < w->depth)
		walk_up(w, depth);

	while (w->end[w->depth] < dirlen) {
		size_t start = w->end[w->depth];
		size_t from = start ? start + 1 : 0;
		size_t to = from;
		int fd;

		while (to < dirlen && path[to] != '/')
			to++;
		memcpy(w->path + start, path + start, to - start);
		w->path[to] = '\0';
		fd = open_dir(w->fd[w->depth], w->path + from);
		if (fd < 0 && errno == ENOENT && create) {
			if (mkdirat(w->fd[w->depth], w->path + from, 0755) < 0)
				die_errno(w->path, "cannot make the directory");
			fd = open_dir(w->fd[w->depth], w->path + from);
		}
		if (fd < 0) {
			switch (errno) {
			case ENOTDIR:
			case ELOOP:
			case EXDEV:
				die(X_BAD_TEMPLATE, path, "\"%s\" on the way is a symbolic link or no directory",
				    w->path + from);
			case ENOENT:
				die(X_BAD_TEMPLATE, path, "is not in the archive before this entry");
			default:
				die_errno(path, "cannot open its directory");
			}
		}
		w->depth++;
		w->fd[w->depth] = fd;
		w->end[w->depth] = (uint16_t)to;
	}
	return w->fd[w->depth];
}
