// SPDX-License-Identifier: GPL-2.0
/*
 * tunnel: a VPN as programs make one, of a tun device and a UDP socket.
 *
 *	tunnel DEV PORT PEER	packets of the tun device DEV go to PORT of the IPv4 address
 *				PEER, and what arrives at PORT goes to DEV
 *
 * Prints "ready". Exit status 3: there is no /dev/net/tun or it may not be used.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in any = { .sin_family = AF_INET }, peer = { .sin_family = AF_INET };
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	static char buf[65536];
	ssize_t n;

	if (argc != 4 || inet_pton(AF_INET, argv[3], &peer.sin_addr) != 1)
		errx(2, "usage: tunnel DEV PORT PEER");
	any.sin_port = peer.sin_port = htons(atoi(argv[2]));
	p[0].fd = open("/dev/net/tun", O_RDWR);
	if (p[0].fd < 0)
		err(3, "/dev/net/tun");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", argv[1]);
	if (ioctl(p[0].fd, TUNSETIFF, &ifr))
		err(3, "TUNSETIFF");
	p[1].fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (p[1].fd < 0 || bind(p[1].fd, (struct sockaddr *)&any, sizeof(any)) ||
	    connect(p[1].fd, (struct sockaddr *)&peer, sizeof(peer)))
		err(1, "UDP");
	puts("ready");
	fflush(stdout);
	while (poll(p, 2, -1) > 0) {
		int i;

		for (i = 0; i < 2; i++) {
			if (!p[i].revents)
				continue;
			/* the peer may not listen yet: that is its packet lost */
			n = read(p[i].fd, buf, sizeof(buf));
			if (n > 0 && write(p[!i].fd, buf, n) < 0)
				continue;
		}
	}
	return 1;
}
