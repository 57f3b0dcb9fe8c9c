// SPDX-License-Identifier: GPL-2.0
/*
 * orphans N: close N TCP connections to a peer that does not read, with data that is not
 * sent.  Says how many of them have been reset, and keeps the others until input ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int die(const char *what)
{
	perror(what);
	return 1;
}

/* closes a connection to @a whose buffers are full */
static int orphan(const struct sockaddr_in *a)
{
	static char block[4096];
	int size = 4096, c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (c < 0 || setsockopt(c, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0 ||
	    connect(c, (const struct sockaddr *)a, sizeof(*a)) < 0)
		return -1;
	/* what is on its way may still be taken */
	for (int i = 0; i < 3; i++) {
		while (send(c, block, sizeof(block), MSG_DONTWAIT) > 0)
			;
		if (errno != EAGAIN)
			return -1;
		usleep(1000);
	}
	return close(c);
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), n = argc == 2 ? atoi(argv[1]) : 0;
	struct pollfd *peers = calloc((size_t)n + 1, sizeof(*peers));
	socklen_t len = sizeof(a);
	int size = 2048, reset = 0;
	char byte;

	if (n < 1 || !peers)
		return die("orphans N");
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) < 0 ||
	    bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 10) < 0 ||
	    getsockname(s, (struct sockaddr *)&a, &len) < 0)
		return die("listen");
	for (int i = 0; i < n; i++) {
		if (orphan(&a) < 0)
			return die("connection");
		peers[i].fd = accept(s, NULL, NULL);
		if (peers[i].fd < 0)
			return die("accept");
	}
	usleep(100000);
	if (poll(peers, (nfds_t)n, 0) < 0)
		return die("poll");
	for (int i = 0; i < n; i++)
		reset += !!(peers[i].revents & POLLERR);
	printf("%d\n", reset);
	fflush(stdout);
	return read(STDIN_FILENO, &byte, 1) < 0;
}
