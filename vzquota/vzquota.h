/* SPDX-License-Identifier: GPL-2.0 */
/* Exit codes of vzquota; they never change meaning. */
#ifndef VZQUOTA_H
#define VZQUOTA_H

enum {
	VZQ_OK		= 0,
	VZQ_SYSTEM	= 1,
	VZQ_USAGE	= 2,
	VZQ_IOCTL	= 3,	/* the kernel refused */
	VZQ_BADFILE	= 4,
	VZQ_RUNNING	= 5,
	VZQ_NOTRUNNING	= 6,
	VZQ_LOCKED	= 7,
	VZQ_CROSSES	= 8,
	VZQ_UGID	= 9,	/* information: second level not on */
	VZQ_DIRTY	= 10,	/* information: the figures do not agree */
	VZQ_NOFILE	= 11,
	VZQ_INTERNAL	= 12,
	VZQ_NOMOUNT	= 13,
};

int vzq_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vzq_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* VZQUOTA_H */
