/*-------------------------------------------------------------------------
 *
 * switch.c
 *	  The network of the lease torture: a switch between network namespaces, whose
 *	  links can be cut in one direction, slow or lossy.
 *
 *		switch NAMESPACE ...
 *
 * Each namespace gets a TAP device "port0", with an Ethernet address that ends with
 * its number (1 ..).  When all are there, a line "ready" is printed.  Lines on stdin
 * say what a link does from then on, until stdin ends:
 *
 *		FROM TO CUT DELAY_US JITTER_US LOSS_PERMILLE
 *
 * This is a program, and not a bridge with netem, because many kernels have no netem.
 * It gives no frame of one direction before an earlier one.
 *
 *-------------------------------------------------------------------------
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define MOST_PORTS 32
#define FRAME_SIZE 2048
#define US_PER_S 1000000

typedef struct Link
{
	int			is_cut;
	int			delay_us;
	int			jitter_us;
	int			loss_permille;
	int64_t		last_due_us;
} Link;

/* A frame on its way. */
typedef struct Frame
{
	struct Frame *next;
	int64_t		due_us;
	int			to;
	int			size;
	unsigned char bytes[];
} Frame;

static int	ports[MOST_PORTS];
static int	port_count = 0;
static Link links[MOST_PORTS][MOST_PORTS];

/* In the order in which they are due. */
static Frame *first_frame = NULL;

static void
die(const char *what)
{
	fprintf(stderr, "switch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

/* Make the device of a namespace; we stay in the namespace. */
static void
open_port(const char *name)
{
	struct ifreq request = {
		.ifr_flags = IFF_TAP | IFF_NO_PI,
	};
	struct ifreq address;
	char		path[256];
	int			namespace;
	int			socket_of_namespace;
	int			port;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	if ((namespace = open(path, O_RDONLY)) < 0 || setns(namespace, CLONE_NEWNET) != 0)
		die(path);
	close(namespace);
	strcpy(request.ifr_name, "port0");
	if ((port = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0 || ioctl(port, TUNSETIFF, &request) != 0)
		die("/dev/net/tun");
	ports[port_count++] = port;

	memset(&address, 0, sizeof(address));
	strcpy(address.ifr_name, "port0");
	address.ifr_hwaddr.sa_family = 1;	/* ARPHRD_ETHER */
	address.ifr_hwaddr.sa_data[0] = 2;
	address.ifr_hwaddr.sa_data[5] = port_count;
	socket_of_namespace = socket(AF_INET, SOCK_DGRAM, 0);
	if (socket_of_namespace < 0 || ioctl(socket_of_namespace, SIOCSIFHWADDR, &address) != 0)
		die("the address of a port");
	close(socket_of_namespace);
}

/* Let a frame set out, unless the link loses it. */
static void
send_frame(int from, int to, const unsigned char *bytes, int size)
{
	Link	   *link = &links[from][to];
	int64_t		due_us = now_us() + link->delay_us;
	Frame	   *frame;
	Frame	  **place;

	if (link->is_cut || random() % 1000 < link->loss_permille)
		return;
	if (link->jitter_us > 0)
		due_us += random() % link->jitter_us;
	if (due_us < link->last_due_us)
		due_us = link->last_due_us;
	link->last_due_us = due_us;
	frame = malloc(sizeof(Frame) + size);
	if (frame == NULL)
		die("malloc");
	frame->due_us = due_us;
	frame->to = to;
	frame->size = size;
	memcpy(frame->bytes, bytes, size);
	for (place = &first_frame; *place != NULL && (*place)->due_us <= due_us; place = &(*place)->next);
	frame->next = *place;
	*place = frame;
}

/* Deliver what is due.  Returns how many ms the next frame has to go, or -1. */
static int
deliver(void)
{
	int64_t		present_us = now_us();

	while (first_frame != NULL && first_frame->due_us <= present_us)
	{
		Frame	   *frame = first_frame;

		first_frame = frame->next;
		/* A device whose queue is full loses frames, as others do. */
		if (write(ports[frame->to], frame->bytes, frame->size) < 0 && errno != EAGAIN && errno != EIO)
			die("write");
		free(frame);
	}
	return first_frame == NULL ? -1 : (int) ((first_frame->due_us - present_us) / 1000) + 1;
}

static void
read_port(int from)
{
	unsigned char bytes[FRAME_SIZE];
	int			size;

	while ((size = read(ports[from], bytes, sizeof(bytes))) > 0)
	{
		int			to = bytes[5] - 1;

		if (bytes[0] == 2 && to >= 0 && to < port_count)
			send_frame(from, to, bytes, size);
		else if ((bytes[0] & 1) != 0)
		{
			for (to = 0; to < port_count; to++)
				if (to != from)
					send_frame(from, to, bytes, size);
		}
	}
}

/* Whole lines only: whoever writes them writes each at once. */
static void
read_commands(void)
{
	static char lines[8192];
	int			size = read(STDIN_FILENO, lines, sizeof(lines) - 1);

	if (size <= 0)
		exit(0);
	lines[size] = '\0';
	for (char *line = strtok(lines, "\n"); line != NULL; line = strtok(NULL, "\n"))
	{
		Link		link = {0};
		int			from;
		int			to;

		if (sscanf(line, "%d %d %d %d %d %d", &from, &to, &link.is_cut, &link.delay_us, &link.jitter_us,
				   &link.loss_permille) == 6 &&
			from >= 0 && from < port_count && to >= 0 && to < port_count)
			links[from][to] = link;
	}
}

static struct pollfd
to_be_read(int file)
{
	struct pollfd polled = {
		.fd = file,
		.events = POLLIN,
	};

	return polled;
}

int
main(int argc, char **argv)
{
	struct pollfd polled[MOST_PORTS + 1];

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (argc < 2 || argc > MOST_PORTS)
	{
		fprintf(stderr, "usage: switch NAMESPACE ...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++)
		open_port(argv[i]);
	for (int i = 0; i < port_count; i++)
		polled[i] = to_be_read(ports[i]);
	polled[port_count] = to_be_read(STDIN_FILENO);
	printf("ready\n");
	fflush(stdout);
	for (;;)
	{
		if (poll(polled, port_count + 1, deliver()) < 0)
			die("poll");
		for (int i = 0; i < port_count; i++)
			if (polled[i].revents & POLLIN)
				read_port(i);
		if (polled[port_count].revents != 0)
			read_commands();
	}
}
