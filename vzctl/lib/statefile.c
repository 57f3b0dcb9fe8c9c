// SPDX-License-Identifier: GPL-2.0
/* Files of lines about a running container; contract in statefile.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "statefile.h"
#include "util.h"

char **vz_statefile_read(const char *dir, uint32_t id)
{
	_cleanup_free_ char *path = vz_path("%s/%u", dir, id), *text = NULL;

	if (!path || vz_read_file_at(AT_FDCWD, path, 1 << 20, &text, NULL) < 0)
		return vz_strv_split("", "\n");
	return vz_strv_split(text, "\n");
}

int vz_statefile_write(const char *dir, uint32_t id, char *const *lines)
{
	_cleanup_free_ char *path = vz_path("%s/%u", dir, id), *tmp = NULL, *text = NULL;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!path)
		return -ENOMEM;
	if (!vz_strv_len(lines))
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	text = vz_strv_join(lines, "\n");
	tmp = vz_asprintf("%s.tmp", path);
	if (!text || !tmp)
		return -ENOMEM;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 && errno == ENOENT) {
		_cleanup_free_ char *full = vz_path("%s", dir);

		if (!full)
			return -ENOMEM;
		r = vz_mkdir_p(full, 0755);
		if (r < 0)
			return r;
		fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	}
	if (fd < 0)
		return -errno;
	r = vz_write_all(fd, text, strlen(text));
	if (r == 0)
		r = vz_write_all(fd, "\n", 1);
	if (r == 0 && rename(tmp, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(tmp);
	return r;
}

int vz_statefile_others(const char *dir, uint32_t id,
			int (*each)(uint32_t id, const char *line, void *arg), void *arg)
{
	_cleanup_free_ char *path = vz_path("%s", dir);
	DIR *d = path ? opendir(path) : NULL;
	struct dirent *de;
	int r = 0;

	while (d && r == 0 && (de = readdir(d))) {
		_cleanup_strv_ char **lines = NULL;
		uint32_t other;

		/* not those that are being written */
		if (vz_parse_u32(de->d_name, &other) < 0 || other == id)
			continue;
		lines = vz_statefile_read(dir, other);
		for (char **l = lines; r == 0 && l && *l; l++)
			r = each(other, *l, arg);
	}
	if (d)
		closedir(d);
	return r;
}
