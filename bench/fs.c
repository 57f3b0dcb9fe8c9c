// SPDX-License-Identifier: GPL-2.0
/*
 * bench-fs - what files cost in a directory
 *
 *	bench-fs [-k ROUNDS] [-w WARMUP] [-n FILES] DIR
 *	bench-fs -p DIR
 *
 * Works in DIR, which must be empty but for the tree `image`, and leaves it so.  For each
 * row prints `ROW,MEDIAN,MIN,MAX,ROUNDS` in ns per operation, instructions under icount:
 *
 *	create		open(O_CREAT | O_EXCL) and close
 *	write-4k	write of 4 KiB behind the end of an open file
 *	write-1m	write of 1 MiB there, in pieces of 64 KiB
 *	sync		syncfs after each of the two, for each file of the first
 *	stat		a tree made here: readdir and fstatat of each entry
 *	stat-image	the tree `image` in the same way, which -p has made in DIR,
 *			or below it where DIR is an overlay
 *	rename		to another name in the same directory
 *	unlink		of the files with their 4 KiB
 *
 * All names are relative to DIR: how deep it lies does not count.  Between two
 * phases everything is written and the journal has nothing left to do for the last one; each
 * phase begins at the same distance from the timer tick.  Where objects happen to
 * lie in their slabs costs up to 2 % and stays like that for a while, so every round
 * starts from another filling; compare the medians.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define MAX_FILES	900u	/* open at the same time */
#define MAX_ROUNDS	50u	/* with two open files each */
#define SMALL		4096u
#define BIG		(1u << 20)
#define PIECE		65536u
#define BIG_FILES	16u
#define TREE_DIRS	8u
#define TREE_FILES	48u	/* of each of the directories */
#define TICK_NS		4000000u

enum row { CREATE, WRITE_4K, WRITE_1M, SYNC, STAT, STAT_IMAGE, RENAME, UNLINK, N_ROWS };

static const char *const row_names[N_ROWS] = {
	[CREATE] = "create", [WRITE_4K] = "write-4k", [WRITE_1M] = "write-1m",
	[SYNC] = "sync", [STAT] = "stat", [STAT_IMAGE] = "stat-image",
	[RENAME] = "rename", [UNLINK] = "unlink",
};

static unsigned int files = 800;
static char name[2][MAX_FILES][16];
static int fds[MAX_FILES];
static char buf[PIECE];

static void must(bool ok, const char *what)
{
	if (!ok)
		err(1, "%s", what);
}

static void flush(int dir)
{
	must(!syncfs(dir), "syncfs");
}

/*
 * Write everything, give RCU and workqueues time for what the last phase has left, and
 * return a moment after a tick.
 */
static uint64_t begin(int dir)
{
	struct timespec ts;
	uint64_t t;

	flush(dir);
	t = bench_now() + 12 * TICK_NS;
	t += TICK_NS - t % TICK_NS + TICK_NS / 4;
	ts.tv_sec = (time_t)(t / 1000000000u);
	ts.tv_nsec = (long)(t % 1000000000u);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
	return bench_now();
}

static double per(uint64_t t0, unsigned int n)
{
	return (double)(bench_now() - t0) / n;
}

/* ---- trees ---- */

static void make_tree(const char *top)
{
	char path[64];

	must(!mkdir(top, 0755), top);
	for (unsigned int d = 0; d < TREE_DIRS; d++) {
		snprintf(path, sizeof(path), "%s/d%u", top, d);
		must(!mkdir(path, 0755), path);
		for (unsigned int f = 0; f < TREE_FILES; f++) {
			int fd;

			snprintf(path, sizeof(path), "%s/d%u/f%02u", top, d, f);
			fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
			must(fd >= 0 && write(fd, path, sizeof(path)) == sizeof(path), path);
			close(fd);
		}
	}
}

/* what find(1) does; the number of entries */
static unsigned int stat_tree(int at, const char *top)
{
	int fd = openat(at, top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	unsigned int n = 0;
	struct dirent *d;
	struct stat st;

	must(dir, top);
	while ((d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		must(!fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW), d->d_name);
		n++;
		if (S_ISDIR(st.st_mode))
			n += stat_tree(dirfd(dir), d->d_name);
	}
	closedir(dir);
	return n;
}

static void remove_tree(const char *top)
{
	char path[64];

	for (unsigned int d = 0; d < TREE_DIRS; d++) {
		for (unsigned int f = 0; f < TREE_FILES; f++) {
			snprintf(path, sizeof(path), "%s/d%u/f%02u", top, d, f);
			must(!unlink(path), path);
		}
		snprintf(path, sizeof(path), "%s/d%u", top, d);
		must(!rmdir(path), path);
	}
	must(!rmdir(top), top);
}

static double stat_row(int dir, const char *top)
{
	const unsigned int times = 8;
	unsigned int n = 0;
	uint64_t t0 = begin(dir);

	for (unsigned int i = 0; i < times; i++)
		n += stat_tree(AT_FDCWD, top);
	if (n != times * TREE_DIRS * (TREE_FILES + 1))
		errx(1, "%s: %u entries", top, n);
	return per(t0, n);
}

/* ---- a round ---- */

/*
 * Until the end of the program: a file with @r % 7 pages and a directory that has been
 * read in part, so that inodes, pages, buffers and names of another number lie before those
 * of the round.
 */
static void hold(unsigned int r)
{
	char path[16], entry[64];
	int fd;

	snprintf(path, sizeof(path), "h%u", r);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	must(fd >= 0, path);
	for (unsigned int i = 0; i < r % 7; i++)
		must(write(fd, buf, SMALL) == SMALL, path);
	fd = open("tree/d0", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0 && syscall(SYS_getdents64, fd, entry, sizeof(entry)) > 0, "tree/d0");
}

static void unhold(unsigned int rounds)
{
	char path[16];

	for (unsigned int r = 0; r < rounds; r++) {
		snprintf(path, sizeof(path), "h%u", r);
		must(!unlink(path), path);
	}
}

static void open_files(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		fds[i] = open(name[0][i], O_WRONLY | O_APPEND | O_CLOEXEC);
		must(fds[i] >= 0, name[0][i]);
	}
}

static void close_files(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		close(fds[i]);
}

static void one_round(int dir, bool image, double v[N_ROWS])
{
	uint64_t t0;

	t0 = begin(dir);
	for (unsigned int i = 0; i < files; i++) {
		int fd = open(name[0][i], O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

		must(fd >= 0, name[0][i]);
		close(fd);
	}
	v[CREATE] = per(t0, files);

	open_files(files);
	t0 = begin(dir);
	for (unsigned int i = 0; i < files; i++)
		must(write(fds[i], buf, SMALL) == SMALL, "write");
	v[WRITE_4K] = per(t0, files);
	t0 = bench_now();
	flush(dir);
	v[SYNC] = per(t0, files);
	close_files(files);

	t0 = begin(dir);
	for (unsigned int i = 0; i < files; i++)
		must(!rename(name[0][i], name[1][i]), "rename");
	v[RENAME] = per(t0, files);

	t0 = begin(dir);
	for (unsigned int i = 0; i < files; i++)
		must(!unlink(name[1][i]), "unlink");
	v[UNLINK] = per(t0, files);

	for (unsigned int i = 0; i < BIG_FILES; i++) {
		int fd = open(name[0][i], O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

		must(fd >= 0, name[0][i]);
		close(fd);
	}
	open_files(BIG_FILES);
	t0 = begin(dir);
	for (unsigned int i = 0; i < BIG_FILES; i++)
		for (unsigned int done = 0; done < BIG; done += PIECE)
			must(write(fds[i], buf, PIECE) == PIECE, "write");
	v[WRITE_1M] = per(t0, BIG_FILES);
	close_files(BIG_FILES);
	for (unsigned int i = 0; i < BIG_FILES; i++)
		must(!unlink(name[0][i]), "unlink");

	v[STAT] = stat_row(dir, "tree");
	if (image)
		v[STAT_IMAGE] = stat_row(dir, "image");
}

int main(int argc, char **argv)
{
	static double v[N_ROWS][MAX_ROUNDS];
	unsigned int rounds = 13, warmup = 2;
	bool prepare = false, image;
	int c, dir;

	/* the same addresses on every run, where a container allows that */
	if (!(personality(0xffffffff) & ADDR_NO_RANDOMIZE) && personality(ADDR_NO_RANDOMIZE) >= 0) {
		execv("/proc/self/exe", argv);
		err(1, "exec of itself");
	}
	while ((c = getopt(argc, argv, "k:w:n:p")) != -1) {
		switch (c) {
		case 'k': rounds = bench_number(optarg, MAX_ROUNDS - 10); break;
		case 'w': warmup = bench_number(optarg, 10); break;
		case 'n': files = bench_number(optarg, MAX_FILES); break;
		case 'p': prepare = true; break;
		default: return 2;
		}
	}
	if (optind + 1 != argc || !rounds || files < BIG_FILES)
		errx(2, "usage: bench-fs [-k ROUNDS] [-w WARMUP] [-n FILES] [-p] DIR");
	umask(022);
	must(!chdir(argv[optind]), argv[optind]);
	if (prepare) {
		make_tree("image");
		return 0;
	}
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir >= 0, argv[optind]);
	prctl(PR_SET_TIMERSLACK, 1);
	memset(buf, 'x', sizeof(buf));
	for (unsigned int i = 0; i < files; i++) {
		snprintf(name[0][i], sizeof(name[0][i]), "f%04u", i);
		snprintf(name[1][i], sizeof(name[1][i]), "g%04u", i);
	}
	image = !access("image", F_OK);

	make_tree("tree");
	for (unsigned int r = 0; r < warmup + rounds; r++) {
		double one[N_ROWS];

		hold(r);
		one_round(dir, image, one);
		for (unsigned int i = 0; r >= warmup && i < N_ROWS; i++)
			v[i][r - warmup] = one[i];
	}
	unhold(warmup + rounds);
	remove_tree("tree");
	for (unsigned int i = 0; i < N_ROWS; i++) {
		double median;

		if (i == STAT_IMAGE && !image)
			continue;
		median = bench_median(v[i], rounds);
		printf("%s,%.1f,%.1f,%.1f,%u\n", row_names[i], median, v[i][0], v[i][rounds - 1],
		       rounds);
	}
	return 0;
}
