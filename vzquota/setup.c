// SPDX-License-Identifier: GPL-2.0
/* vzquota setup: enable the quotas of projects, users and groups on a file system. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "util.h"
#include "vzquota.h"

static int run(char *const argv[])
{
	int status;
	pid_t pid;

	if (!vzq_opt.quiet) {
		printf("#");
		for (char *const *p = argv; *p; p++)
			printf(" %s", *p);
		printf("\n");
		fflush(stdout);
	}
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

#define WANTED	"usrquota,grpquota,prjquota"

/* the options of @mnt in /etc/fstab, once; a mount that is not there is the administrator's own */
static int edit_fstab(const char *mnt)
{
	_cleanup_free_ char *path = vz_path("/etc/fstab"), *text = NULL, *out = NULL;
	bool changed = false;
	size_t len = 0;
	FILE *f;

	if (!path || vz_read_file_at(AT_FDCWD, path, 1 << 20, &text, NULL) < 0)
		return 0;
	f = open_memstream(&out, &len);
	if (!f)
		return -ENOMEM;
	for (char *l = text, *next; *l; l = next) {
		int dev0, dev1, mnt0, mnt1, type0, type1, opt0 = 0, opt1 = 0;

		next = l + strcspn(l, "\n");
		next += *next == '\n';
		if (*l != '#' && sscanf(l, " %n%*s%n %n%*s%n %n%*s%n %n%*s%n", &dev0, &dev1, &mnt0, &mnt1,
					&type0, &type1, &opt0, &opt1) >= 0 && opt1 > opt0 && l + opt1 <= next &&
		    (size_t)(mnt1 - mnt0) == strlen(mnt) && strncmp(l + mnt0, mnt, strlen(mnt)) == 0) {
			_cleanup_free_ char *opts = strndup(l + opt0, (size_t)(opt1 - opt0));
			_cleanup_strv_ char **have = opts ? vz_strv_split(opts, ",") : NULL;
			_cleanup_strv_ char **want = vz_strv_split(WANTED, ",");

			if (!have || !want) {
				fclose(f);
				return -ENOMEM;
			}
			fwrite(l, 1, (size_t)opt1, f);
			for (char **w = want; *w; w++) {
				if (!vz_strv_has(have, *w)) {
					fprintf(f, ",%s", *w);
					changed = true;
				}
			}
			fwrite(l + opt1, 1, (size_t)(next - l - opt1), f);
			continue;
		}
		fwrite(l, 1, (size_t)(next - l), f);
	}
	if (fclose(f) != 0)
		return -ENOMEM;
	return changed ? vz_replace_file(path, out, len, 0644) : 0;
}

int vzq_setup(const char *path)
{
	_cleanup_quota_fs_ struct vz_quota_fs fs = { 0 };
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *remedy = NULL;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return vzq_fail(VZQ_NOMOUNT, "%s: %s", path, strerror(errno));
	r = vz_quota_fs(fd, &fs, &e);
	if (r == 0)
		vz_quota_where(fd, &fs);
	close(fd);
	if (r < 0)
		return vzq_fail_e(VZQ_SYSTEM, &e);
	remedy = vz_quota_remedy(&fs);
	if (fs.state == VZ_QUOTA_ON && fs.level2) {
		if (!vzq_opt.quiet)
			printf("%s has quota of projects, users and groups: nothing to do\n", fs.mnt);
		goto fstab;
	}
	if (fs.state == VZ_QUOTA_NEVER || !fs.dev || !fs.mnt)
		return vzq_fail(VZQ_SYSTEM, "%s is on a file system of type %s, which has no project quota; containers need: %s",
				path, fs.type, remedy);
	if (strcmp(fs.type, "xfs") != 0 && fs.state != VZ_QUOTA_OFF) {
		/* what was made for quota can be switched on as it is */
		run((char *const[]){ (char *)"quotaon", (char *)"-ugP", fs.mnt, NULL });
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		vz_quota_fs_reset(&fs);
		r = fd < 0 ? -errno : vz_quota_fs(fd, &fs, &e);
		if (r == 0)
			vz_quota_where(fd, &fs);
		vz_close(fd);
		if (r < 0)
			return vzq_fail_e(VZQ_SYSTEM, &e);
		if (fs.state == VZ_QUOTA_ON && fs.level2)
			goto fstab;
	}
	free(remedy);
	fs.state = VZ_QUOTA_OFF;
	remedy = vz_quota_remedy(&fs);
	if (run((char *const[]){ (char *)"umount", fs.mnt, NULL }) != 0)
		return vzq_fail(VZQ_RUNNING, "%s is in use: stop what uses it and try again, or do it yourself: %s",
				fs.mnt, remedy);
	if (strcmp(fs.type, "xfs") != 0) {
		r = run((char *const[]){ (char *)"tune2fs", (char *)"-O", (char *)"project,quota", (char *)"-Q",
					 (char *)WANTED, fs.dev, NULL });
		if (r != 0) {
			run((char *const[]){ (char *)"mount", fs.dev, fs.mnt, NULL });
			return vzq_fail(VZQ_SYSTEM, "%s could not be prepared for quota (run e2fsck -f %s while it is not mounted)",
					fs.dev, fs.dev);
		}
	}
	if (run((char *const[]){ (char *)"mount", (char *)"-o", (char *)WANTED, fs.dev, fs.mnt, NULL }) != 0)
		return vzq_fail(VZQ_SYSTEM, "%s could not be mounted on %s", fs.dev, fs.mnt);
fstab:
	r = edit_fstab(fs.mnt);
	return r < 0 ? vzq_fail(VZQ_SYSTEM, "Unable to change /etc/fstab: %s", strerror(-r)) : 0;
}
