// SPDX-License-Identifier: GPL-2.0
/*
 * bench-net - what a message costs on its way
 *
 *	bench-net serve [FAMILY-ANY-ADDRESS]	(0.0.0.0)
 *	bench-net run ADDRESS [-k SAMPLES] [-d DIVISOR]
 *
 * `serve` answers on TCP port 5201 and UDP port 5201, in the foreground, ready
 * when it prints a line.  `run` prints one line per test:
 *
 *	tcp-stream-SIZE,NS,MIN,MAX,SAMPLES	per message of SIZE bytes, one way
 *	udp-stream-SIZE				the same, counting those that arrived
 *	udp-packet-SIZE				the same, while the receiver looks elsewhere: what a
 *						packet costs without anybody being woken up for it
 *	tcp-rr-1, udp-rr-1			per round trip of one byte
 *	tcp-conn				per connection made and closed
 *
 * The sizes are those of the studies that compared OpenVZ with others: from one
 * byte, where the path through the network code is all there is, up to 64 KiB.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define PORT 5201
#define PORT_QUIET 5202
#define MAX_SIZE 65536

/* a request: what the server shall do on this connection or with this datagram */
enum { REQ_SINK = 1, REQ_ECHO, REQ_COUNT };

struct request {
	uint32_t kind;
	uint32_t size;		/* REQ_SINK: bytes per message */
	uint64_t bytes;		/* REQ_SINK: until so many came, then one byte is sent back */
};

static char buf[MAX_SIZE];

static void must(int ok, const char *what)
{
	if (!ok)
		err(1, "%s", what);
}

static socklen_t address(const char *text, struct sockaddr_storage *a)
{
	struct sockaddr_in *in = (struct sockaddr_in *)a;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)a;

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(PORT);
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(PORT);
		return sizeof(*in6);
	}
	errx(2, "not an address: %s", text);
}

static void port_of(struct sockaddr_storage *a, unsigned short port)
{
	/* at the same place in both families */
	((struct sockaddr_in *)a)->sin_port = htons(port);
}

static int read_all(int fd, void *p, size_t n)
{
	char *c = p;

	while (n) {
		ssize_t r = read(fd, c, n);

		if (r <= 0)
			return -1;
		c += r;
		n -= (size_t)r;
	}
	return 0;
}

static void serve_tcp(int fd)
{
	struct request q;
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (!read_all(fd, &q, sizeof(q))) {
		if (q.kind == REQ_ECHO) {
			char c;

			while (q.bytes-- && read(fd, &c, 1) == 1)
				must(write(fd, &c, 1) == 1, "echo");
			continue;
		}
		while (q.bytes) {
			ssize_t r = read(fd, buf, q.bytes < sizeof(buf) ? q.bytes : sizeof(buf));

			if (r <= 0)
				return;
			q.bytes -= (uint64_t)r;
		}
		must(write(fd, "", 1) == 1, "answer");
	}
}

/*
 * Datagrams: one byte is echoed; a request (by its size) asks how many others came
 * since the last one, or how many wait in @quiet, where nobody is woken up for them.
 */
static void serve_udp(int fd, int quiet)
{
	struct sockaddr_storage from;
	static uint64_t got;
	socklen_t len = sizeof(from);
	ssize_t r = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

	if (r == sizeof(struct request)) {
		const struct request *q = (const struct request *)buf;

		if (q->kind == REQ_COUNT)
			while (recv(quiet, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
				got++;
		sendto(fd, &got, sizeof(got), 0, (struct sockaddr *)&from, len);
		got = 0;
	} else if (r == 1) {
		sendto(fd, buf, 1, 0, (struct sockaddr *)&from, len);
	} else if (r > 0) {
		got++;
	}
}

static void serve(const char *any)
{
	struct sockaddr_storage a;
	socklen_t len = address(any, &a);
	int one = 1, l, u, quiet, size = 8 << 20;

	l = socket(a.ss_family, SOCK_STREAM, 0);
	u = socket(a.ss_family, SOCK_DGRAM, 0);
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(u, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	must(!bind(l, (struct sockaddr *)&a, len) && !listen(l, 8), "TCP");
	must(!bind(u, (struct sockaddr *)&a, len), "UDP");
	quiet = socket(a.ss_family, SOCK_DGRAM, 0);
	port_of(&a, PORT_QUIET);
	must(!bind(quiet, (struct sockaddr *)&a, len), "UDP");
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct pollfd p[2] = { { .fd = l, .events = POLLIN }, { .fd = u, .events = POLLIN } };

		poll(p, 2, -1);
		if (p[1].revents)
			serve_udp(u, quiet);
		if (p[0].revents) {
			int fd = accept(l, NULL, NULL);

			if (fd >= 0) {
				serve_tcp(fd);
				close(fd);
			}
		}
	}
}

/* the tests: each returns nanoseconds per message */
static double tcp_stream(int fd, unsigned int size, unsigned int n)
{
	struct request q = { REQ_SINK, size, (uint64_t)size * n };
	uint64_t t0 = bench_now();
	char c;

	must(write(fd, &q, sizeof(q)) == sizeof(q), "request");
	for (unsigned int i = 0; i < n; i++) {
		size_t done = 0;

		while (done < size) {
			ssize_t r = write(fd, buf + done, size - done);

			must(r > 0, "write");
			done += (size_t)r;
		}
	}
	must(read(fd, &c, 1) == 1, "answer");
	return (double)(bench_now() - t0) / n;
}

static double tcp_rr(int fd, unsigned int size, unsigned int n)
{
	struct request q = { REQ_ECHO, size, n };
	uint64_t t0;
	char c = 0;

	must(write(fd, &q, sizeof(q)) == sizeof(q), "request");
	t0 = bench_now();
	for (unsigned int i = 0; i < n; i++)
		must(write(fd, &c, 1) == 1 && read(fd, &c, 1) == 1, "round trip");
	return (double)(bench_now() - t0) / n;
}

/* Bursts small enough for the receiver's buffer, each closed by a count: nothing is lost. */
static double udp_stream(int fd, unsigned int size, unsigned int n)
{
	struct request q = { REQ_SINK, size, 0 };
	unsigned int burst = 65536 / (size + 1024) + 1, sent = 0;
	uint64_t got, total = 0, t0 = bench_now();

	while (sent < n) {
		for (unsigned int i = 0; i < burst; i++, sent++)
			must(send(fd, buf, size, 0) == (ssize_t)size, "send");
		must(send(fd, &q, sizeof(q), 0) == sizeof(q), "send");
		must(recv(fd, &got, sizeof(got), 0) == sizeof(got), "count");
		total += got;
	}
	if (total * 100 < (uint64_t)sent * 99)
		errx(1, "UDP: %u sent, %lu arrived", sent, (unsigned long)total);
	return (double)(bench_now() - t0) / (double)total;
}

/* A connection of its own for each, closed by both ends; @fd only says where to. */
static double tcp_conn(int fd, unsigned int size, unsigned int n)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	uint64_t t0;
	char c;

	(void)size;
	must(!getpeername(fd, (struct sockaddr *)&a, &len), "getpeername");
	t0 = bench_now();
	for (unsigned int i = 0; i < n; i++) {
		int s = socket(a.ss_family, SOCK_STREAM, 0);

		must(s >= 0 && !connect(s, (struct sockaddr *)&a, len), "connect");
		must(!shutdown(s, SHUT_WR) && read(s, &c, 1) == 0, "close");
		close(s);
	}
	return (double)(bench_now() - t0) / n;
}

static double udp_packet(int fd, unsigned int size, unsigned int n)
{
	struct request q = { REQ_COUNT, size, 0 };
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	unsigned int burst = 32, sent = 0;
	uint64_t got, total = 0, t0;
	int quiet;

	must(!getpeername(fd, (struct sockaddr *)&a, &len), "getpeername");
	port_of(&a, PORT_QUIET);
	quiet = socket(a.ss_family, SOCK_DGRAM, 0);
	must(quiet >= 0 && !connect(quiet, (struct sockaddr *)&a, len), "connect");
	t0 = bench_now();
	while (sent < n) {
		for (unsigned int i = 0; i < burst; i++, sent++)
			must(send(quiet, buf, size, 0) == (ssize_t)size, "send");
		must(send(fd, &q, sizeof(q), 0) == sizeof(q), "send");
		must(recv(fd, &got, sizeof(got), 0) == sizeof(got), "count");
		total += got;
	}
	t0 = bench_now() - t0;
	close(quiet);
	if (total != sent)
		errx(1, "UDP: %u sent, %lu arrived", sent, (unsigned long)total);
	return (double)t0 / (double)total;
}

static double udp_rr(int fd, unsigned int size, unsigned int n)
{
	uint64_t t0 = bench_now();
	char c = 0;

	for (unsigned int i = 0; i < n; i++)
		must(send(fd, &c, 1, 0) == 1 && recv(fd, &c, 1, 0) == 1, "round trip");
	return (double)(bench_now() - t0) / n;
}

static const struct test {
	const char *name;
	double (*fn)(int fd, unsigned int size, unsigned int n);
	int type;
	unsigned int size, n;
} tests[] = {
	{ "tcp-rr", tcp_rr, SOCK_STREAM, 1, 1000 },
	{ "udp-rr", udp_rr, SOCK_DGRAM, 1, 1000 },
	{ "tcp-conn", tcp_conn, SOCK_DGRAM, 0, 400 },
	{ "tcp-stream", tcp_stream, SOCK_STREAM, 64, 4000 },
	{ "tcp-stream", tcp_stream, SOCK_STREAM, 1024, 2000 },
	{ "tcp-stream", tcp_stream, SOCK_STREAM, 16384, 600 },
	{ "tcp-stream", tcp_stream, SOCK_STREAM, 65536, 200 },
	{ "udp-stream", udp_stream, SOCK_DGRAM, 64, 2000 },
	{ "udp-stream", udp_stream, SOCK_DGRAM, 1024, 1000 },
	{ "udp-stream", udp_stream, SOCK_DGRAM, 1472, 1000 },
	{ "udp-stream", udp_stream, SOCK_DGRAM, 16384, 200 },
	{ "udp-packet", udp_packet, SOCK_DGRAM, 64, 1600 },
	{ "udp-packet", udp_packet, SOCK_DGRAM, 1472, 1600 },
};

/* NAME-SIZE, or NAME of a test that has none */
static const char *test_name(const struct test *t)
{
	static char name[64];

	snprintf(name, sizeof(name), t->size ? "%s-%u" : "%s", t->name, t->size);
	return name;
}

static int chosen(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = list; p && *p; p += strcspn(p, ","), p += *p == ',')
		if (!strncmp(p, name, len) && (!p[len] || p[len] == ','))
			return 1;
	return !list;
}

static void run(const char *to, unsigned int samples, unsigned int divisor, const char *list)
{
	struct sockaddr_storage a;
	socklen_t len = address(to, &a);
	struct timeval patience = { .tv_sec = 5 };
	int one = 1;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const struct test *t = &tests[i];
		unsigned int n = t->n / divisor ? t->n / divisor : 1;
		static double v[BENCH_MAX_SAMPLES];
		double median;
		int fd;

		if (!chosen(list, test_name(t)))
			continue;
		fd = socket(a.ss_family, t->type, 0);
		must(fd >= 0 && !connect(fd, (struct sockaddr *)&a, len), "connect");
		if (t->type == SOCK_STREAM)
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		t->fn(fd, t->size, n);
		for (unsigned int k = 0; k < samples; k++)
			v[k] = t->fn(fd, t->size, n);
		close(fd);
		median = bench_median(v, samples);
		printf("%s,%.0f,%.0f,%.0f,%u\n", test_name(t), median, v[0], v[samples - 1], samples);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	unsigned int samples = 5, divisor = 1;
	const char *list = NULL;
	int c;

	if (argc >= 2 && !strcmp(argv[1], "serve")) {
		serve(argc > 2 ? argv[2] : "0.0.0.0");
		return 0;
	}
	if (argc < 3 || strcmp(argv[1], "run"))
		errx(2, "usage: bench-net serve [ADDRESS] | run ADDRESS [-k SAMPLES] [-d DIVISOR] [-t TEST,...]");
	optind = 3;
	while ((c = getopt(argc, argv, "k:d:t:")) != -1) {
		switch (c) {
		case 'k': samples = bench_number(optarg, BENCH_MAX_SAMPLES); break;
		case 'd': divisor = bench_number(optarg, 1000); break;
		case 't': list = optarg; break;
		default: return 2;
		}
	}
	if (!samples || !divisor)
		errx(2, "samples and divisor are at least 1");
	run(argv[2], samples, divisor, list);
	return 0;
}
