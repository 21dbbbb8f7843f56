/*-------------------------------------------------------------------------
 *
 * server_worker.h
 *	  The worker number in this server's node: that of a setting, or one that is
 *	  leased.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SERVER_WORKER_H
#define IDGEN_SERVER_WORKER_H

extern int	server_worker(void);
extern uint32 server_worker_changes(void);
extern bool server_worker_is_leased(void);
extern void server_worker_await(void);
extern void server_worker_await_pool(void);
extern void server_worker_release(void);

#endif							/* IDGEN_SERVER_WORKER_H */
