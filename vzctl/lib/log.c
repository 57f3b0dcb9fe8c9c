// SPDX-License-Identifier: GPL-2.0
/* The output layer; see log.h for what callers may rely on. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "log.h"
#include "util.h"

static struct {
	const char *tool;
	char *file;
	uint32_t ctid;
	int level;
	int verbose;
	bool quiet;
	int fd;			/* -EBADF: not opened yet, -ENOENT: cannot be */
} lg = { .tool = "vzctl", .fd = -EBADF };

void vz_log_init(const char *tool, bool logging, const char *file, int log_level,
		 int verbose, bool quiet)
{
	free(lg.file);
	lg.file = logging && file && *file ? vz_path("%s", file) : NULL;
	lg.tool = tool;
	lg.level = log_level;
	lg.verbose = verbose;
	lg.quiet = quiet;
	if (lg.fd >= 0)
		lg.fd = vz_close(lg.fd);
	lg.fd = -EBADF;
}

void vz_log_set_ctid(uint32_t ctid)
{
	lg.ctid = ctid;
}

/* one line into the log file, in one write so that lines of many tools do not mix */
static void to_file(const char *text, size_t len)
{
	_cleanup_free_ char *line = NULL;
	char stamp[40] = "", ct[24] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (!lg.file || lg.fd == -ENOENT)
		return;
	if (lg.fd < 0) {
		lg.fd = open(lg.file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
		if (lg.fd < 0) {
			lg.fd = -ENOENT;
			return;
		}
	}
	if (localtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (lg.ctid)
		snprintf(ct, sizeof(ct), "CT %u : ", lg.ctid);
	line = vz_asprintf("%s %s : %s%.*s\n", stamp, lg.tool, ct, (int)len, text);
	if (line)
		vz_write_all(lg.fd, line, strlen(line));
}

/* @text may have several lines; each becomes a line of the log */
static void output(FILE *f, bool print, bool file, const char *text)
{
	if (print && !lg.quiet) {
		fprintf(f, "%s\n", text);
		fflush(f);	/* children and scripts write to the same place */
	}
	while (file && *text) {
		size_t len = strcspn(text, "\n");

		to_file(text, len);
		text += len + (text[len] == '\n');
	}
}

#define FORMAT(s, fmt)						\
	_cleanup_free_ char *s = NULL;				\
	do {							\
		va_list ap;					\
		int saved = errno;				\
								\
		va_start(ap, fmt);				\
		if (vasprintf(&(s), fmt, ap) < 0)		\
			s = NULL;				\
		va_end(ap);					\
		errno = saved;					\
	} while (0)

void vz_info(const char *fmt, ...)
{
	FORMAT(s, fmt);

	if (s)
		output(stdout, true, true, s);
}

void vz_warn(const char *fmt, ...)
{
	FORMAT(s, fmt);

	if (s)
		output(stderr, true, true, s);
}

void vz_debug(int level, const char *fmt, ...)
{
	if (level > lg.verbose && level > lg.level)
		return;

	FORMAT(s, fmt);
	if (s)
		output(stdout, level <= lg.verbose, level <= lg.level, s);
}

int vz_fail(const struct vz_error *e)
{
	const char *msg = e->msg;

	if (!msg)
		msg = e->err ? strerror(e->err) : "unknown error";
	output(stderr, true, true, msg);
	return e->code ? e->code : VZ_SYSTEM_ERROR;
}
