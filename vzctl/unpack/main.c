// SPDX-License-Identifier: GPL-2.0
/*
 * vz-unpack UID GID <ARCHIVE
 *
 * Unpacks an OS template (tar; zstd, gzip, xz, bzip2 or plain) from standard
 * input into the current directory, which must be empty.  Run by `vzctl create`.
 *
 * The archive is not trusted.  Kept are owners, modes, times, extended
 * attributes of users, file capabilities, POSIX ACLs, hard links, holes, FIFOs
 * and the character devices that every Unix has; all ids are shifted by UID and
 * GID.  Refused, with the name of the entry: absolute names, "..", names that
 * pass through a symbolic link, hard links to what is not in the archive, ids
 * outside the container's range, block devices, devices that reach the host's
 * memory or hardware, thousands of devices, millions of entries.
 *
 * Exit status: 0, 3 system error, 46 disk full, 47 bad archive, 48 cannot write.
 * Nothing is synced, and what a failed run has written stays: the caller
 * removes the directory.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "unpack.h"

#define MAX_ENTRIES	4000000u
#define MAX_DEVICES	1024u
#define POPULATE_MAX	(8 << 20)
#define MAX_LATE	(256u << 20)	/* bytes of memory for what is done at the end */

/* what waits until all is there: directories' times and modes, and ACLs */
struct late {
	struct late *next;
	struct acl_blob acl;
	struct timespec mtime;
	mode_t mode;
	bool is_dir;
	bool has_acl;
	char path[];
};

struct unpack {
	struct ids ids;
	int top;
	struct walk walk;	/* where entries go */
	struct walk link;	/* where targets of hard links are looked up */
	struct late *late, **late_end;
	size_t late_bytes;
	unsigned int entries;
	unsigned int devices;
};

void die(int code, const char *name, const char *fmt, ...)
{
	va_list ap;

	fputs("vz-unpack: ", stderr);
	for (const char *p = name; p && *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < ' ' || c == 0x7f)
			fprintf(stderr, "\\%03o", c);
		else
			putc(c, stderr);
	}
	if (name)
		fputs(": ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	putc('\n', stderr);
	exit(code);
}

void die_errno(const char *name, const char *what)
{
	int err = errno;

	if (err == ENOSPC || err == EDQUOT)
		die(X_NO_SPACE, name, "%s: %s", what,
		    err == EDQUOT ? "disk quota exceeded" : "no space left on the file system");
	if (err == ENAMETOOLONG || err == EFBIG || err == E2BIG || err == ERANGE)
		die(X_BAD_TEMPLATE, name, "%s: %s", what, strerror(err));
	die(X_WRITE, name, "%s: %s", what, strerror(err));
}

void *xmalloc(size_t size)
{
	void *p = malloc(size);

	if (!p)
		die(X_SYSTEM, NULL, "out of memory");
	return p;
}

uid_t shift_uid(const struct ids *ids, int64_t id, const char *name)
{
	if (id < 0 || id >= ID_RANGE)
		die(X_BAD_TEMPLATE, name, "user id %lld is outside the container's range 0-%d",
		    (long long)id, ID_RANGE - 1);
	return ids->uid + (uid_t)id;
}

gid_t shift_gid(const struct ids *ids, int64_t id, const char *name)
{
	if (id < 0 || id >= ID_RANGE)
		die(X_BAD_TEMPLATE, name, "group id %lld is outside the container's range 0-%d",
		    (long long)id, ID_RANGE - 1);
	return ids->gid + (gid_t)id;
}

static void add_late(struct unpack *u, const char *path, struct archive_entry *entry, bool is_dir)
{
	size_t len = strlen(path) + 1;
	struct late *l = xmalloc(sizeof(*l) + len);

	memcpy(l->path, path, len);
	l->next = NULL;
	l->mode = archive_entry_perm(entry) & 07777;
	l->mtime.tv_sec = archive_entry_mtime(entry);
	l->mtime.tv_nsec = archive_entry_mtime_nsec(entry);
	l->is_dir = is_dir;
	l->has_acl = acl_collect(entry, &u->ids, u->top, path, &l->acl);
	if (!is_dir && !l->has_acl) {
		free(l);
		return;
	}
	u->late_bytes += sizeof(*l) + len + (l->has_acl ? l->acl.len[0] + l->acl.len[1] : 0);
	if (u->late_bytes > MAX_LATE)
		die(X_BAD_TEMPLATE, path, "too many directories and ACLs");
	*u->late_end = l;
	u->late_end = &l->next;
}

/* -EEXIST from the creation of @base: only what is no directory may be replaced */
static void make_room(int dir, const char *base, const char *path)
{
	if (unlinkat(dir, base, 0) < 0) {
		if (errno == EISDIR)
			die(X_BAD_TEMPLATE, path, "replaces a directory");
		die_errno(path, "cannot replace the earlier entry");
	}
}

static void set_owner(struct unpack *u, struct archive_entry *entry, int dir, const char *base,
		      const char *path)
{
	uid_t uid = shift_uid(&u->ids, archive_entry_uid(entry), path);
	gid_t gid = shift_gid(&u->ids, archive_entry_gid(entry), path);

	/* everything is born with the container's root as its owner */
	if (uid == u->ids.uid && gid == u->ids.gid)
		return;
	if (fchownat(dir, base, uid, gid, AT_SYMLINK_NOFOLLOW | (*base ? 0 : AT_EMPTY_PATH)) < 0)
		die_errno(path, "cannot set the owner");
}

static void set_mtime(struct archive_entry *entry, int fd, const char *base, const char *path)
{
	struct timespec ts[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = archive_entry_mtime(entry), .tv_nsec = archive_entry_mtime_nsec(entry) },
	};

	if (!archive_entry_mtime_is_set(entry))
		return;
	/* a NULL name means the descriptor itself */
	if (syscall(SYS_utimensat, fd, base, ts, base ? AT_SYMLINK_NOFOLLOW : 0) < 0)
		die_errno(path, "cannot set the time");
}

static void put_dir(struct unpack *u, struct archive_entry *entry, const char *path)
{
	const char *base;
	int dir, fd;

	if (!*path) {			/* the top itself */
		set_owner(u, entry, u->top, ".", ".");
		add_late(u, ".", entry, true);
		return;
	}
	dir = walk_parent(&u->walk, path, 1, &base);
	if (mkdirat(dir, base, archive_entry_perm(entry) & 01777) < 0) {
		struct stat st;

		if (errno != EEXIST)
			die_errno(path, "cannot make the directory");
		if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
			die_errno(path, "cannot look at it");
		if (!S_ISDIR(st.st_mode))
			die(X_BAD_TEMPLATE, path, "a directory replaces something else");
	}
	set_owner(u, entry, dir, base, path);
	if (archive_entry_xattr_count(entry) > 0) {
		fd = openat(dir, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			die_errno(path, "cannot open it");
		set_xattrs(fd, entry, &u->ids, path);
		close(fd);
	}
	/* a setgid bit or a default ACL now would be inherited by what comes */
	add_late(u, path, entry, true);
}

static void write_block(int fd, const char *buf, size_t len, int64_t offset, const char *path)
{
	while (len) {
		ssize_t n = pwrite(fd, buf, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die_errno(path, "cannot write");
		buf += n;
		len -= (size_t)n;
		offset += n;
	}
}

static void archive_die(struct archive *a, const char *path)
{
	const char *text = archive_error_string(a);

	/* an error of the kernel while reading is not the archive's fault */
	if (archive_errno(a) == EIO)
		die(X_SYSTEM, path, "cannot read the archive: %s", text ? text : "input error");
	die(X_BAD_TEMPLATE, path, "the archive is damaged: %s", text ? text : "unknown error");
}

static void put_file(struct unpack *u, struct archive *a, struct archive_entry *entry,
		     const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	mode_t mode = archive_entry_perm(entry) & 07777;
	int64_t offset, end = 0;
	const char *base;
	const void *buf;
	size_t len;
	int dir, fd, r;

	dir = walk_parent(&u->walk, path, 1, &base);
	fd = openat(dir, base, flags, mode & 0777);
	if (fd < 0 && errno == EEXIST) {
		make_room(dir, base, path);
		fd = openat(dir, base, flags, mode & 0777);
	}
	if (fd < 0)
		die_errno(path, "cannot create it");
	if (archive_entry_size(entry) > 0) {
		while ((r = archive_read_data_block(a, &buf, &len, &offset)) == ARCHIVE_OK) {
			write_block(fd, buf, len, offset, path);
			end = offset + (int64_t)len;
		}
		if (r != ARCHIVE_EOF)
			archive_die(a, path);
		/* a hole at the end */
		if (end < archive_entry_size(entry) && ftruncate(fd, archive_entry_size(entry)) < 0)
			die_errno(path, "cannot set the size");
	}
	set_owner(u, entry, fd, "", path);
	/* chown and write clear these */
	if (mode & 07000 && fchmod(fd, mode) < 0)
		die_errno(path, "cannot set the mode");
	if (archive_entry_xattr_count(entry) > 0)
		set_xattrs(fd, entry, &u->ids, path);
	set_mtime(entry, fd, NULL, path);
	close(fd);
	add_late(u, path, entry, false);
}

static void put_symlink(struct unpack *u, struct archive_entry *entry, const char *path)
{
	const char *target = archive_entry_symlink(entry), *base;
	int dir;

	/* where it points to is the container's business: the host never follows it */
	if (!target || !*target)
		die(X_BAD_TEMPLATE, path, "symbolic link without a target");
	dir = walk_parent(&u->walk, path, 1, &base);
	if (symlinkat(target, dir, base) < 0) {
		if (errno == EEXIST) {
			make_room(dir, base, path);
			if (symlinkat(target, dir, base) == 0)
				goto made;
		}
		die_errno(path, "cannot make the symbolic link");
	}
made:
	set_owner(u, entry, dir, base, path);
	set_mtime(entry, dir, base, path);
}

static void put_hardlink(struct unpack *u, const char *path, const char *target)
{
	const char *base, *tbase;
	char tpath[PATH_MAX];
	int dir, tdir;

	path_normalize(target, "hard link target", tpath, sizeof(tpath));
	if (!*tpath)
		die(X_BAD_TEMPLATE, path, "hard link to the top directory");
	if (strcmp(tpath, path) == 0)
		die(X_BAD_TEMPLATE, path, "hard link to itself");
	tdir = walk_parent(&u->link, tpath, 0, &tbase);
	dir = walk_parent(&u->walk, path, 1, &base);
	if (linkat(tdir, tbase, dir, base, 0) < 0) {
		if (errno == EEXIST) {
			make_room(dir, base, path);
			if (linkat(tdir, tbase, dir, base, 0) == 0)
				return;
		}
		if (errno == ENOENT || errno == EPERM)
			die(X_BAD_TEMPLATE, path,
			    "hard link to what is no file of the archive before it");
		die_errno(path, "cannot make the hard link");
	}
}

/* devices that a container may open anyway; the rest reaches the host */
static bool device_allowed(dev_t dev)
{
	unsigned int maj = major(dev), min = minor(dev);

	switch (maj) {
	case 1:			/* null zero full random urandom; not mem, kmem, port, kmsg */
		return min == 3 || min == 5 || min == 7 || min == 8 || min == 9;
	case 2:			/* BSD ptys of old templates */
	case 3:
	case 4:			/* ttys */
	case 5:			/* tty console ptmx */
	case 136:		/* pts */
		return true;
	case 10:		/* tun, fuse */
		return min == 200 || min == 229;
	default:
		return false;
	}
}

static void put_node(struct unpack *u, struct archive_entry *entry, const char *path, mode_t type)
{
	mode_t mode = type | (archive_entry_perm(entry) & 0777);
	const char *base;
	dev_t dev = 0;
	int dir;

	if (type == S_IFCHR) {
		dev = archive_entry_rdev(entry);
		if (!device_allowed(dev))
			die(X_BAD_TEMPLATE, path, "device %u:%u is not one that a container may have",
			    major(dev), minor(dev));
		if (++u->devices > MAX_DEVICES)
			die(X_BAD_TEMPLATE, path, "more than %u devices", MAX_DEVICES);
	}
	dir = walk_parent(&u->walk, path, 1, &base);
	if (mknodat(dir, base, mode, dev) < 0) {
		if (errno == EEXIST) {
			make_room(dir, base, path);
			if (mknodat(dir, base, mode, dev) == 0)
				goto made;
		}
		die_errno(path, "cannot make the node");
	}
made:
	set_owner(u, entry, dir, base, path);
	set_mtime(entry, dir, base, path);
}

static void put_entry(struct unpack *u, struct archive *a, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry), *target;
	char path[PATH_MAX];

	if (!name || !*name)
		die(X_BAD_TEMPLATE, NULL, "entry %u has no usable name", u->entries);
	path_normalize(name, "name", path, sizeof(path));
	target = archive_entry_hardlink(entry);
	if (!*path && (target || archive_entry_filetype(entry) != AE_IFDIR))
		die(X_BAD_TEMPLATE, name, "the top is no directory");
	if (target) {
		put_hardlink(u, path, target);
		return;
	}
	switch (archive_entry_filetype(entry)) {
	case AE_IFDIR:
		put_dir(u, entry, path);
		break;
	case AE_IFREG:
		put_file(u, a, entry, path);
		break;
	case AE_IFLNK:
		put_symlink(u, entry, path);
		break;
	case AE_IFIFO:
		put_node(u, entry, path, S_IFIFO);
		break;
	case AE_IFCHR:
		put_node(u, entry, path, S_IFCHR);
		break;
	case AE_IFBLK:
		die(X_BAD_TEMPLATE, path, "block devices are refused");
	case AE_IFSOCK:
		break;		/* made by whoever listens */
	default:
		die(X_BAD_TEMPLATE, path, "unknown type of entry");
	}
}

static void finish(struct unpack *u)
{
	struct late *l, *next;

	for (l = u->late; l; l = next) {
		const struct timespec ts[2] = { { .tv_nsec = UTIME_OMIT }, l->mtime };
		const char *base;
		struct stat st;
		int dir, fd;

		next = l->next;
		dir = walk_parent(&u->walk, l->path, 0, &base);
		/* a later entry may have replaced a file */
		if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
			die_errno(l->path, "cannot look at it");
		if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
			goto skip;
		if (l->is_dir && (st.st_mode & 07777) != l->mode &&
		    fchmodat(dir, base, l->mode, 0) < 0)
			die_errno(l->path, "cannot set the mode");
		if (l->has_acl) {
			fd = openat(dir, base, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
			if (fd < 0)
				die_errno(l->path, "cannot open it");
			acl_apply(fd, &l->acl, l->path);
			close(fd);
			free(l->acl.acl[0]);
			free(l->acl.acl[1]);
		}
		if (l->is_dir && utimensat(dir, base, ts, AT_SYMLINK_NOFOLLOW) < 0)
			die_errno(l->path, "cannot set the time");
skip:
		free(l);
	}
}

static void check_empty(void)
{
	DIR *d = opendir(".");
	struct dirent *de;

	if (!d)
		die_errno(NULL, "cannot read the directory");
	while ((de = readdir(d))) {
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			die(X_SYSTEM, NULL, "the directory is not empty");
	}
	closedir(d);
}

/*
 * Create files as the container's root: nothing is host root's for a moment,
 * and no chown is needed for most.  The file system capabilities that this
 * drops are taken back.
 */
static void become_owner(const struct ids *ids)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	setfsgid(ids->gid);
	setfsuid(ids->uid);
	if ((uid_t)setfsuid((uid_t)-1) != ids->uid || (gid_t)setfsgid((gid_t)-1) != ids->gid)
		die(X_SYSTEM, NULL, "cannot become user %u: vz-unpack must be run as root", ids->uid);
	if (syscall(SYS_capget, &head, data) < 0)
		die_errno(NULL, "capget");
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	if (syscall(SYS_capset, &head, data) < 0)
		die_errno(NULL, "capset");
}

/*
 * Open standard input.  A file is mapped, so that stored data goes from the page
 * cache into the new file with one copy; a pipe is read.
 */
static void open_input(struct archive *a)
{
	struct stat st;
	void *p;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ,
			 MAP_PRIVATE | (st.st_size <= POPULATE_MAX ? MAP_POPULATE : 0),
			 STDIN_FILENO, 0);
		if (p != MAP_FAILED) {
			madvise(p, (size_t)st.st_size, MADV_SEQUENTIAL);
			if (archive_read_open_memory(a, p, (size_t)st.st_size) != ARCHIVE_OK)
				archive_die(a, NULL);
			return;
		}
	}
	if (archive_read_open_fd(a, STDIN_FILENO, 128 << 10) != ARCHIVE_OK)
		archive_die(a, NULL);
}

static uint32_t parse_id(const char *s)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno || *end || end == s || *s == '-' || v > UINT32_MAX - ID_RANGE)
		die(X_SYSTEM, s, "not a host id");
	return (uint32_t)v;
}

#if defined(__has_feature)	/* clang's way of saying it */
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
/* it ends with exit(2) from wherever it is, and leaves the memory to the kernel */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

int main(int argc, char *argv[])
{
	static struct unpack u;
	struct archive_entry *entry;
	struct archive *a;
	int r;

	if (argc != 3) {
		fputs("Usage: vz-unpack UID GID <ARCHIVE\n"
		      "Unpack an OS template into the current, empty directory; run by vzctl create.\n",
		      stderr);
		return X_SYSTEM;
	}
	u.ids.uid = parse_id(argv[1]);
	u.ids.gid = parse_id(argv[2]);
	umask(0);
	u.top = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (u.top < 0)
		die_errno(NULL, "cannot open the directory");
	check_empty();
	/* the top's owner, where the archive does not name it */
	if (fchownat(u.top, "", u.ids.uid, u.ids.gid, AT_EMPTY_PATH) < 0)
		die_errno(NULL, "cannot set the owner of the directory");
	become_owner(&u.ids);
	walk_init(&u.walk, u.top);
	walk_init(&u.link, u.top);
	u.late_end = &u.late;

	/* the C locale: names are bytes, and conversions that fail leave them alone */
	a = archive_read_new();
	entry = archive_entry_new();
	if (!a || !entry)
		die(X_SYSTEM, NULL, "out of memory");
	archive_read_support_format_tar(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_bzip2(a);
	open_input(a);
	for (;;) {
		r = archive_read_next_header2(a, entry);
		if (r == ARCHIVE_EOF)
			break;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			archive_die(a, NULL);
		if (++u.entries > MAX_ENTRIES)
			die(X_BAD_TEMPLATE, NULL, "more than %u entries", MAX_ENTRIES);
		put_entry(&u, a, entry);
	}
	if (u.entries == 0)
		die(X_BAD_TEMPLATE, NULL, "the archive is empty");
	finish(&u);
	/* memory goes with the process */
	return 0;
}
