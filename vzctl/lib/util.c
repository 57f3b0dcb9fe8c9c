// SPDX-License-Identifier: GPL-2.0
/* Small helpers; see util.h for what callers may rely on. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

int vz_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -EBADF;
}

void vz_closep(int *fd)
{
	*fd = vz_close(*fd);
}

void vz_freep(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

char *vz_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&s, fmt, ap);
	va_end(ap);
	return r < 0 ? NULL : s;
}

int vz_read_file_at(int dirfd, const char *path, size_t max, char **ret_buf, size_t *ret_len)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *buf = NULL;
	size_t len = 0, size;
	struct stat st;
	ssize_t n;

	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	/* files of procfs and sysfs say 0 or a page; one spare byte tells the end */
	size = st.st_size > 0 && (size_t)st.st_size < max ? (size_t)st.st_size + 1 : 4096;
	for (;;) {
		char *p = realloc(buf, size + 1);

		if (!p)
			return -ENOMEM;
		buf = p;
		while (len < size) {
			n = read(fd, buf + len, size - len);
			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				return -errno;
			if (n == 0)
				goto eof;
			len += (size_t)n;
			if (len > max)
				return -EFBIG;
		}
		size *= 2;
	}
eof:
	buf[len] = '\0';
	*ret_buf = buf;
	buf = NULL;
	if (ret_len)
		*ret_len = len;
	return 0;
}

int64_t vz_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool vz_is_elf32(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned char h[EI_NIDENT];

	return fd >= 0 && read(fd, h, sizeof(h)) == sizeof(h) &&
	       memcmp(h, ELFMAG, SELFMAG) == 0 && h[EI_CLASS] == ELFCLASS32;
}

int vz_write_file_at(int dirfd, const char *path, const char *buf, size_t len)
{
	_cleanup_close_ int fd = -EBADF;
	ssize_t n;

	fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		n = write(fd, buf, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int vz_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* fsync of the directory that holds @path; file systems that cannot are fine */
static void sync_parent(const char *path)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *dir = strdup(path);
	char *slash;

	if (!dir)
		return;
	slash = strrchr(dir, '/');
	if (!slash)
		strcpy(dir, ".");
	else if (slash == dir)
		dir[1] = '\0';
	else
		*slash = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fsync(fd);
}

int vz_replace_file(const char *path, const char *buf, size_t len, mode_t mode)
{
	_cleanup_free_ char *dir = strdup(path), *tmp = vz_asprintf("%s.XXXXXX", path);
	_cleanup_close_ int fd = -EBADF;
	char *slash = dir ? strrchr(dir, '/') : NULL, proc[32];
	bool named = false;
	int r;

	if (!dir || !tmp)
		return -ENOMEM;
	if (slash == dir)
		slash++;
	if (slash)
		*slash = '\0';
	/* nameless while it is written: who is killed leaves nothing to clean up */
	fd = open(slash ? dir : ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd < 0) {
		fd = mkostemp(tmp, O_CLOEXEC);
		if (fd < 0)
			return -errno;
		named = true;
	}
	r = vz_write_all(fd, buf, len);
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (r == 0 && !named) {
		int t = mkostemp(tmp, O_CLOEXEC);

		/* a name that nobody else has; a link takes no place that is taken */
		if (t < 0 || close(t) < 0 || unlink(tmp) < 0 ||
		    linkat(AT_FDCWD, proc, AT_FDCWD, tmp, AT_SYMLINK_FOLLOW) < 0)
			r = -errno;
		else
			named = true;
	}
	if (r == 0 && rename(tmp, path) < 0)
		r = -errno;
	if (r < 0) {
		if (named)
			unlink(tmp);
		return r;
	}
	sync_parent(path);
	return 0;
}

int vz_mkdir_p(const char *path, mode_t mode)
{
	_cleanup_free_ char *dir = NULL;
	struct stat st;
	char *p;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST)
		goto exists;
	if (errno != ENOENT)
		return -errno;

	dir = strdup(path);
	if (!dir)
		return -ENOMEM;
	for (p = dir; *p == '/'; p++)
		;
	for (p = strchr(p, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(dir, mode) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
exists:
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

const char *vz_line_value(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, key, len) == 0 && p[len] == ':')
			return p + len + 1 + strspn(p + len + 1, " \t");
		if (!*p)
			break;
	}
	return NULL;
}

/* the character at @s: its length and code, or 0 when it is not UTF-8 */
static size_t utf8_char(const unsigned char *s, uint32_t *ret)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 :
		     s[0] < 0xf5 ? 4 : 0;
	static const uint32_t first[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = len > 1 ? s[0] & (0x7fu >> len) : s[0];

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	*ret = c;
	return len && c >= first[len] && (c < 0xd800 || c > 0xdfff) && c <= 0x10ffff ? len : 0;
}

char *vz_safe_text(char *s)
{
	unsigned char *in = (unsigned char *)s, *to = in;

	while (*in) {
		uint32_t c = 0;
		size_t len = utf8_char(in, &c);

		if (!len || c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
		    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)) {
			*to++ = '?';
			in += len ? len : 1;
			continue;
		}
		memmove(to, in, len);
		to += len;
		in += len;
	}
	*to = '\0';
	return s;
}

int vz_parse_u64(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s || !*s)
		return -EINVAL;
	for (const char *p = s; *p; p++) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
	}
	for (; *s; s++) {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int vz_parse_u32(const char *s, uint32_t *ret)
{
	uint64_t v;
	int r;

	r = vz_parse_u64(s, &v);
	if (r < 0)
		return r;
	if (v > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

char *vz_path(const char *fmt, ...)
{
	const char *prefix = secure_getenv("VZ_ROOT_PREFIX");
	char *s, *path;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (r < 0)
		return NULL;
	if (!prefix || !*prefix)
		return s;
	path = vz_asprintf("%s%s", prefix, s);
	free(s);
	return path;
}

bool vz_is_root(void)
{
	return geteuid() == 0 || secure_getenv("VZ_ROOT_PREFIX");
}

volatile sig_atomic_t vz_interrupted;

static void on_signal(int sig)
{
	vz_interrupted = sig;
}

void vz_catch_signals(void)
{
	struct sigaction sa = {
		.sa_handler = on_signal,
		.sa_flags = SA_RESETHAND,
	};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

int vz_wait_child(pid_t pid, int *ret_status)
{
	if (vz_interrupted)	/* before the child was there */
		kill(pid, vz_interrupted);
	while (waitpid(pid, ret_status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
		if (vz_interrupted)
			kill(pid, vz_interrupted);
	}
	return 0;
}

void vz_strv_free(char **v)
{
	if (!v)
		return;
	for (char **p = v; *p; p++)
		free(*p);
	free(v);
}

void vz_strv_freep(char ***v)
{
	vz_strv_free(*v);
}

size_t vz_strv_len(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

static int strv_addn(char ***v, const char *s, size_t len)
{
	size_t n = vz_strv_len(*v);
	char **p;

	p = realloc(*v, (n + 2) * sizeof(*p));
	if (!p)
		return -ENOMEM;
	*v = p;
	p[n] = strndup(s, len);
	p[n + 1] = NULL;
	return p[n] ? 0 : -ENOMEM;
}

int vz_strv_add(char ***v, const char *s)
{
	return strv_addn(v, s, strlen(s));
}

char **vz_strv_split(const char *s, const char *separators)
{
	_cleanup_strv_ char **v = NULL;
	char **ret;

	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	for (;;) {
		size_t len;

		s += strspn(s, separators);
		if (!*s)
			break;
		len = strcspn(s, separators);
		if (strv_addn(&v, s, len) < 0)
			return NULL;
		s += len;
	}
	ret = v;
	v = NULL;
	return ret;
}

bool vz_strv_has(char *const *v, const char *s)
{
	for (; v && *v; v++) {
		if (strcmp(*v, s) == 0)
			return true;
	}
	return false;
}

char *vz_strv_join(char *const *v, const char *sep)
{
	size_t len = 1, seplen = strlen(sep);
	char *s, *p;

	for (size_t i = 0; v && v[i]; i++)
		len += strlen(v[i]) + (i ? seplen : 0);
	s = malloc(len);
	if (!s)
		return NULL;
	p = s;
	for (size_t i = 0; v && v[i]; i++) {
		if (i)
			p = stpcpy(p, sep);
		p = stpcpy(p, v[i]);
	}
	*p = '\0';
	return s;
}
