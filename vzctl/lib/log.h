/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one output layer of the tools: standard output or error, and the log
 * file, whose lines read "2026-01-31T12:00:00+0000 vzctl : CT 101 : text".
 * Libraries do not print; the verbs do, through these.
 */
#ifndef VZ_LOG_H
#define VZ_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct vz_error;

/*
 * vz_log_init - set up from vz.conf (LOGGING LOGFILE LOG_LEVEL VERBOSE) and flags
 * @tool: name in log lines; @ctid: 0 for none (the "CT N :" part is left out).
 * The file is opened O_APPEND|O_CLOEXEC at the first line; failure to log is not an error.
 */
void vz_log_init(const char *tool, bool logging, const char *file, int log_level, int verbose, bool quiet);
void vz_log_set_ctid(uint32_t ctid);

/* Progress and results: stdout and log.  No newline at the end of @fmt. */
void vz_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Warnings: stderr and log. */
void vz_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* --verbose text (level 1..): stdout and log. */
void vz_debug(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* vz_fail - print the error once (stderr and log) and return its exit code. */
int vz_fail(const struct vz_error *e);

#endif /* VZ_LOG_H */
