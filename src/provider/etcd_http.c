/*-------------------------------------------------------------------------
 *
 * etcd_http.c
 *	  HTTP by libcurl, on the sockets of which the caller waits.
 *
 * libcurl would resolve names of hosts in a thread of its own, and some versions
 * wait for that thread when a request is given up.  So names are resolved by
 * resolver.c, and libcurl is told the addresses.  Should it start a thread
 * nevertheless, that begins with the signal mask of the one that creates it, and
 * PostgreSQL's signal handlers must not run in it, so signals are blocked while
 * libcurl runs.  PostgreSQL's errors must not jump over libcurl, so that the
 * callbacks neither raise any, nor call what does.
 *
 * libcurl sends a request again if it was sent on an old connection which the
 * server had closed before it answered anything.  Then nobody knows whether the
 * server did it the first time.  The body comes from a callback that does not
 * start again, unless the caller may have it sent twice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <curl/curl.h>
#include <netdb.h>
#include <signal.h>
#include <time.h>

#include "storage/latch.h"

#include "provider/etcd_http.h"
#include "provider/resolver.h"

/* The largest answer that is read, and the largest for which memory is kept. */
#define MOST_BODY (64 * 1024 * 1024)
#define KEPT_BODY (64 * 1024)

/* Connections that are kept open. */
#define MOST_CONNECTIONS 4

/* How long the addresses of a host count for new connections, unless a request fails. */
#define ADDRESSES_MS 60000

struct EtcdHttp
{
	bool		is_secure;
	CURLM	   *multi;
	CURL	   *easy;
	bool		is_under_way;
	Resolver   *resolver;		/* NULL: the request's host is not being
								 * resolved */
	char		host[NI_MAXHOST];	/* to resolve, or resolved last */
	int			port;
	int64		deadline_ms;	/* of the request, by now_ms() */
	int64		resolve_at_ms;	/* when the host is resolved again, by
								 * now_ms() */
	struct curl_slist *addresses;	/* of the host, for libcurl */
	struct curl_slist *headers; /* of the request */
	LeaseSocket sockets[LEASE_MOST_SOCKETS];
	int			socket_count;
	int64		timer_ms;		/* when libcurl wants to be called, by
								 * now_ms(); -1: not */

	const char *body;			/* of the request */
	size_t		body_length;
	size_t		body_sent;
	bool		may_repeat;
	bool		was_sent;

	char	   *received;		/* by malloc */
	size_t		received_length;
	size_t		received_size;
	int64		clock_us;
	CURLcode	result;
	char		error[CURL_ERROR_SIZE];
};

static int64
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
block_signals(sigset_t *before)
{
	sigset_t	all;

	sigfillset(&all);
	/* What says that the program is wrong is not to be missed. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGABRT);
	sigdelset(&all, SIGTRAP);
	sigprocmask(SIG_SETMASK, &all, before);
}

static void
restore_signals(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

/* ---------------------------------------------------------------------- callbacks */

/* libcurl wants to know about what of a socket, or no longer. */
static int
on_socket(CURL *easy, curl_socket_t socket, int what, void *argument, void *unused)
{
	EtcdHttp   *http = argument;
	int			place = 0;

	while (place < http->socket_count && http->sockets[place].socket != socket)
		place++;
	if (what == CURL_POLL_REMOVE)
	{
		if (place < http->socket_count)
			http->sockets[place] = http->sockets[--http->socket_count];
		return 0;
	}
	/* One too many is not waited for, and is looked at when the time is over. */
	if (place == LEASE_MOST_SOCKETS)
		return 0;
	if (place == http->socket_count)
		http->socket_count++;
	http->sockets[place].socket = socket;
	http->sockets[place].events = ((what & CURL_POLL_IN) ? WL_SOCKET_READABLE : 0) |
		((what & CURL_POLL_OUT) ? WL_SOCKET_WRITEABLE : 0);
	return 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *argument)
{
	EtcdHttp   *http = argument;

	http->timer_ms = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	return 0;
}

/* The next part of the request's body. */
static size_t
on_read(char *buffer, size_t size, size_t count, void *argument)
{
	EtcdHttp   *http = argument;
	size_t		length = Min(size * count, http->body_length - http->body_sent);

	memcpy(buffer, http->body + http->body_sent, length);
	http->body_sent += length;
	http->was_sent = true;
	return length;
}

/* Send the request's body once more. */
static int
on_seek(void *argument, curl_off_t offset, int origin)
{
	EtcdHttp   *http = argument;

	if (!http->may_repeat || origin != SEEK_SET || offset < 0 || offset > http->body_length)
		return CURL_SEEKFUNC_FAIL;
	http->body_sent = offset;
	return CURL_SEEKFUNC_OK;
}

/* A line of the answer's headers. */
static size_t
on_header(char *line, size_t size, size_t count, void *argument)
{
	EtcdHttp   *http = argument;
	size_t		length = size * count;
	char		date[64];
	time_t		seconds;

	if (length > 5 && length < sizeof(date) && pg_strncasecmp(line, "date:", 5) == 0)
	{
		memcpy(date, line + 5, length - 5);
		date[length - 5] = '\0';
		seconds = curl_getdate(date, NULL);
		if (seconds > 0)
			http->clock_us = (int64) seconds * 1000000;
	}
	return length;
}

/* Room for the terminating zero byte is made, too. */
static bool
make_room(EtcdHttp *http, size_t length)
{
	size_t		size = Max(http->received_size, 4096);
	char	   *received;

	if (length > MOST_BODY)
		return false;
	while (size < length + 1)
		size *= 2;
	if (size == http->received_size)
		return true;
	received = realloc(http->received, size);
	if (received == NULL)
		return false;
	http->received = received;
	http->received_size = size;
	return true;
}

/* A part of the answer's body. */
static size_t
on_write(char *part, size_t size, size_t count, void *argument)
{
	EtcdHttp   *http = argument;
	size_t		length = size * count;

	/* This ends the request with an error. */
	if (!make_room(http, http->received_length + length))
		return 0;
	memcpy(http->received + http->received_length, part, length);
	http->received_length += length;
	return length;
}

/* ---------------------------------------------------------------------- setting up */

static void
set_tls(CURL *easy, const EtcdAddress *address)
{
	if (address->cacert != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, address->cacert);
	if (address->cert != NULL)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, address->cert);
	if (address->key != NULL)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, address->key);
}

/* What is the same for all requests. */
static void
set_options(EtcdHttp *http, const EtcdAddress *address)
{
	curl_easy_setopt(http->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(http->easy, CURLOPT_ERRORBUFFER, http->error);
	/* Nothing of the environment of the server counts. */
	curl_easy_setopt(http->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(http->easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(http->easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(http->easy, CURLOPT_READDATA, http);
	curl_easy_setopt(http->easy, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(http->easy, CURLOPT_SEEKDATA, http);
	curl_easy_setopt(http->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(http->easy, CURLOPT_HEADERDATA, http);
	curl_easy_setopt(http->easy, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(http->easy, CURLOPT_WRITEDATA, http);
	set_tls(http->easy, address);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long) MOST_CONNECTIONS);
}

/* ERROR if there is no memory for it. */
EtcdHttp *
etcd_http_create(const EtcdAddress *address)
{
	EtcdHttp   *http = palloc0(sizeof(EtcdHttp));

	http->is_secure = address->is_secure;
	http->timer_ms = -1;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
	{
		http->multi = curl_multi_init();
		http->easy = curl_easy_init();
	}
	if (http->multi == NULL || http->easy == NULL)
	{
		etcd_http_destroy(http);
		ereport(ERROR,
				errcode(ERRCODE_OUT_OF_MEMORY),
				errmsg("could not initialize libcurl"));
	}
	set_options(http, address);
	return http;
}

/* ---------------------------------------------------------------------- requests */

static void
add_header(EtcdHttp *http, const char *header)
{
	struct curl_slist *headers = curl_slist_append(http->headers, header);

	/* If there is no memory, the server complains of what is missing. */
	if (headers != NULL)
		http->headers = headers;
}

static void
set_headers(EtcdHttp *http, const EtcdRequest *request)
{
	char	   *authorization;

	curl_slist_free_all(http->headers);
	http->headers = NULL;
	/* Do not ask before a large body is sent. */
	add_header(http, "Expect:");
	if (request->body != NULL)
		add_header(http, "Content-Type: application/json");
	if (request->token != NULL)
	{
		authorization = psprintf("Authorization: %s", request->token);
		add_header(http, authorization);
		pfree(authorization);
	}
	curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->headers);
}

/* Forget the last answer. */
static void
clear_answer(EtcdHttp *http)
{
	if (http->received_size > KEPT_BODY)
	{
		free(http->received);
		http->received = NULL;
		http->received_size = 0;
	}
	http->received_length = 0;
	http->clock_us = 0;
	http->result = CURLE_OK;
	http->error[0] = '\0';
}

/* Give the request to libcurl.  Signals are blocked. */
static void
start_request(EtcdHttp *http)
{
	curl_easy_setopt(http->easy, CURLOPT_TIMEOUT_MS, (long) Max(http->deadline_ms - now_ms(), 1));
	http->is_under_way = curl_multi_add_handle(http->multi, http->easy) == CURLM_OK;
	if (!http->is_under_way)
		http->result = CURLE_FAILED_INIT;
}

static void
fail_to_resolve(EtcdHttp *http, CURLcode result, const char *reason)
{
	http->result = result;
	http->is_under_way = false;
	snprintf(http->error, sizeof(http->error), "could not resolve host \"%.100s\": %.100s", http->host, reason);
}

/* Ask for the addresses of the request's host, unless it is an address or has been resolved just now. */
static bool
start_resolving(EtcdHttp *http, const char *endpoint)
{
	const char *colon = strrchr(endpoint, ':');
	char		host[NI_MAXHOST];

	Assert(colon != NULL);
	strlcpy(host, endpoint, Min(sizeof(host), colon - endpoint + 1));
	if (host[0] == '[' || !resolver_is_needed(host) ||
		(strcmp(host, http->host) == 0 && atoi(colon + 1) == http->port && now_ms() < http->resolve_at_ms))
		return false;
	strlcpy(http->host, host, sizeof(http->host));
	http->port = atoi(colon + 1);
	http->resolve_at_ms = 0;
	http->resolver = resolver_start(host);
	if (http->resolver == NULL)
		fail_to_resolve(http, CURLE_COULDNT_RESOLVE_HOST, "could not start a thread");
	return true;
}

static void
end_resolving(EtcdHttp *http)
{
	if (http->resolver != NULL)
		resolver_end(http->resolver);
	http->resolver = NULL;
}

/* Tell libcurl the addresses of the host, in place of those that it knows. */
static void
set_addresses(EtcdHttp *http, const char *addresses)
{
	char		entry[NI_MAXHOST + RESOLVER_TEXT_SIZE + 16];

	curl_slist_free_all(http->addresses);
	snprintf(entry, sizeof(entry), "-%s:%d", http->host, http->port);
	http->addresses = curl_slist_append(NULL, entry);
	snprintf(entry, sizeof(entry), "%s:%d:%s", http->host, http->port, addresses);
	if (http->addresses != NULL)
		curl_slist_append(http->addresses, entry);
	curl_easy_setopt(http->easy, CURLOPT_RESOLVE, http->addresses);
}

/* Go on with a request whose host is being resolved.  Signals are blocked. */
static void
go_on_resolving(EtcdHttp *http)
{
	char		addresses[RESOLVER_TEXT_SIZE];

	if (!resolver_is_done(http->resolver))
	{
		if (now_ms() < http->deadline_ms)
			return;
		fail_to_resolve(http, CURLE_OPERATION_TIMEDOUT, "no answer in time");
	}
	else if (resolver_addresses(http->resolver, addresses) == 0)
		fail_to_resolve(http, CURLE_COULDNT_RESOLVE_HOST, resolver_error(http->resolver));
	else
	{
		set_addresses(http, addresses);
		http->resolve_at_ms = now_ms() + ADDRESSES_MS;
		start_request(http);
	}
	end_resolving(http);
}

/* Begin a request; one that is under way is given up. */
void
etcd_http_send(EtcdHttp *http, const EtcdRequest *request)
{
	char	   *url = psprintf("%s://%s%s", http->is_secure ? "https" : "http", request->endpoint, request->path);
	sigset_t	before;

	etcd_http_cancel(http);
	clear_answer(http);
	set_headers(http, request);
	http->body = request->body;
	http->body_length = request->body == NULL ? 0 : strlen(request->body);
	http->body_sent = 0;
	http->may_repeat = request->may_repeat;
	http->was_sent = false;
	/* libcurl copies it. */
	curl_easy_setopt(http->easy, CURLOPT_URL, url);
	pfree(url);
	curl_easy_setopt(http->easy, request->body == NULL ? CURLOPT_HTTPGET : CURLOPT_POST, 1L);
	curl_easy_setopt(http->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) http->body_length);
	http->deadline_ms = now_ms() + Max(request->timeout_ms, 1);
	http->is_under_way = true;
	block_signals(&before);
	if (!start_resolving(http, request->endpoint))
		start_request(http);
	restore_signals(&before);
}

int
etcd_http_sockets(EtcdHttp *http, LeaseSocket *sockets, int64 *timeout_ms)
{
	if (http->resolver != NULL)
	{
		sockets[0].socket = resolver_socket(http->resolver);
		sockets[0].events = WL_SOCKET_READABLE;
		*timeout_ms = Max(http->deadline_ms - now_ms(), 0);
		return 1;
	}
	memcpy(sockets, http->sockets, sizeof(LeaseSocket) * http->socket_count);
	if (!http->is_under_way)
		*timeout_ms = 0;
	else if (http->timer_ms < 0)
		*timeout_ms = 1000;
	else
		*timeout_ms = Max(http->timer_ms - now_ms(), 0);
	return http->socket_count;
}

/* Let libcurl look at its sockets and its clock. */
static void
run_libcurl(EtcdHttp *http)
{
	LeaseSocket sockets[LEASE_MOST_SOCKETS];
	int			count = http->socket_count;
	int			running;
	CURLMsg    *message;

	/* The callbacks change the list. */
	memcpy(sockets, http->sockets, sizeof(LeaseSocket) * count);
	for (int i = 0; i < count; i++)
		curl_multi_socket_action(http->multi, sockets[i].socket, 0, &running);
	if (http->timer_ms >= 0 && http->timer_ms <= now_ms())
	{
		http->timer_ms = -1;
		curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	while ((message = curl_multi_info_read(http->multi, &running)) != NULL)
	{
		if (message->msg != CURLMSG_DONE)
			continue;
		http->result = message->data.result;
		curl_multi_remove_handle(http->multi, http->easy);
		http->is_under_way = false;
	}
}

/* Advance the request.  Returns true once it is complete. */
bool
etcd_http_step(EtcdHttp *http, EtcdResponse *response)
{
	sigset_t	before;
	long		status = 0;

	block_signals(&before);
	if (http->resolver != NULL)
		go_on_resolving(http);
	else if (http->is_under_way)
		run_libcurl(http);
	restore_signals(&before);
	if (http->is_under_way)
		return false;
	if (http->result != CURLE_OK)
		http->resolve_at_ms = 0;
	if (http->result == CURLE_OK && make_room(http, http->received_length))
	{
		curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
		http->received[http->received_length] = '\0';
	}
	response->was_sent = http->was_sent || status != 0;
	response->status = status;
	response->body = http->received;
	response->clock_us = http->clock_us;
	/* libcurl would speak of our callback. */
	if (http->result == CURLE_SEND_FAIL_REWIND)
		response->error = "connection was closed by the server";
	else
		response->error = http->error[0] != '\0' ? http->error : curl_easy_strerror(http->result);
	return true;
}

/* Give up the request that is under way.  Its connection is closed. */
void
etcd_http_cancel(EtcdHttp *http)
{
	sigset_t	before;

	if (!http->is_under_way)
		return;
	http->is_under_way = false;
	if (http->resolver != NULL)
	{
		end_resolving(http);
		return;
	}
	block_signals(&before);
	curl_multi_remove_handle(http->multi, http->easy);
	restore_signals(&before);
}

void
etcd_http_destroy(EtcdHttp *http)
{
	sigset_t	before;

	etcd_http_cancel(http);
	block_signals(&before);
	curl_easy_cleanup(http->easy);
	curl_multi_cleanup(http->multi);
	restore_signals(&before);
	curl_slist_free_all(http->headers);
	curl_slist_free_all(http->addresses);
	free(http->received);
	http->received = NULL;
}
