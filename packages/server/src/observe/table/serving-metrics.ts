import type { Metric } from './metric.ts'

/** What a process does: requests, claims, caches, live updates, and its connections. */
export const servingMetrics = {
  holdfast_http_request_duration_seconds: {
    labels: ['route', 'method', 'status'],
    help: 'Duration of HTTP requests by route, method and status.',
    watch:
      'the share of `status=~"5.."` above 2 %; the 95th percentile above 1 s, the 99th above 2 s, the mean above 0.5 s',
  },
  holdfast_http_requests_in_flight: {
    labels: ['route'],
    help: 'HTTP requests that have begun and not ended, by route.',
    watch:
      'growing on all routes: the server or its database does not keep up; live routes have one for each open page',
  },
  holdfast_problems_total: {
    labels: ['code'],
    help: 'Refused and failed requests, by the code of the problem in the response.',
    watch:
      '`overloaded`, `unavailable` and `internal_error` are failures; the others, such as `slot_full`, are results',
  },
  holdfast_claims_total: {
    labels: ['outcome'],
    help: 'Claims by outcome. error: the outcome is unknown.',
    watch: 'successes (`booked`) and refusals by reason; `error` means that the outcome is unknown',
  },
  holdfast_queue_depth: {
    labels: ['queue'],
    help: 'Items waiting in a queue.',
    watch:
      'growing: overload. `queue="case"` has claims of operating-room cases, `"case_alone"` those that a batch has ' +
      'left, `"case_change"` changes of such cases',
  },
  holdfast_queue_wait_seconds: {
    labels: ['queue'],
    help: 'Time that the oldest item of a batch waited in the queue.',
    watch: 'growing: overload',
  },
  holdfast_queue_locked: {
    labels: ['queue'],
    help: 'Items waiting, apart from the queue, for slots or bookings that other transactions hold locked.',
    watch: 'above 0 for long: a transaction holds a slot locked, see `pg_stat_activity`',
  },
  holdfast_batches_in_flight: {
    labels: ['queue'],
    help: 'Batches whose transaction is in progress.',
    watch: 'nothing by itself',
  },
  holdfast_batch_size: {
    labels: ['queue'],
    help: 'Items per batch, which is one transaction.',
    watch: 'nothing by itself: large batches show a high load',
  },
  holdfast_batch_duration_seconds: {
    labels: ['queue', 'failed'],
    help: 'Time the database took for a batch, including the commit.',
    watch: 'growing: the database or its disk is slow',
  },
  holdfast_batches_refused_total: {
    labels: ['queue', 'sqlstate'],
    help: 'Batches that failed with an error of the database, not for waiting for a lock. Their items are sent alone.',
    watch: 'growing: the database refuses batches, with this `sqlstate`; the log has a line a minute',
  },
  holdfast_pool_connections: {
    labels: ['pool', 'state'],
    help: 'Database connections by pool and state. waiting: requests for a connection that are queued.',
    watch: '`state="waiting"` above 0 for long: the pool is too small, or queries are slow',
  },
  holdfast_pool_connections_max: {
    labels: ['pool'],
    help: 'The most database connections that a pool may have.',
    watch: '`state="used"` above 80 % of it for minutes',
  },
  holdfast_database_slow_uses_total: {
    labels: ['pool'],
    help: 'Statements and transactions of this process that used a database connection for more than 500 ms.',
    watch: 'growing in the pools `write` and `read`: slow statements; `pg_stat_statements` says which',
  },
  holdfast_cache_reads_total: {
    labels: ['result'],
    help: 'Public reads by result: from memory (hit), loaded (miss), or an older response during an outage (stale).',
    watch: '`stale` above 0: the database was unreachable; hit ratio = hits ÷ (hits + misses), below 70 % under load',
  },
  holdfast_cache_loads_total: {
    help: 'Loads of responses, or of slots for lists, from the database. Concurrent requests share a load.',
    watch: 'nothing by itself',
  },
  holdfast_cache_bytes: {
    help: 'Memory used by cached responses, slots in memory and their lists.',
    watch: 'near `HOLDFAST_CACHE_MEGABYTES`, with a low hit ratio: raise it',
  },
  holdfast_calendar_reads_total: {
    labels: ['kind'],
    help: 'Queries for the calendar in memory: days of a doctor, changed slots (patch), or doctors with their holds.',
    watch: '`kind="days"` that keeps growing: raise `HOLDFAST_CACHE_MEGABYTES`',
  },
  holdfast_calendar_patched_slots_total: {
    help: 'Changed slots that were read again.',
    watch: 'nothing by itself',
  },
  holdfast_calendar_slots: { help: 'Slots in memory.', watch: 'nothing by itself' },
  holdfast_live_connections: {
    labels: ['kind'],
    help: 'Open connections for live updates: WebSockets (socket) and server-sent events (events).',
    watch: 'a sudden fall: a proxy closes them',
  },
  holdfast_live_subscriptions: { help: 'Subscribed doctors, over all connections.', watch: 'nothing by itself' },
  holdfast_live_buffered_bytes: {
    help: 'Bytes sent to live connections that they have not read yet.',
    watch: 'growing: clients do not keep up',
  },
  holdfast_live_messages_total: { help: 'Messages sent, over all connections.', watch: 'nothing by itself' },
  holdfast_live_dropped_total: {
    help: 'Messages not sent because the client does not read fast enough. It gets a resync instead.',
    watch: 'growing: clients do not keep up',
  },
  holdfast_live_resyncs_total: {
    help: 'Resync messages, which tell a client to read again.',
    watch: 'growing by itself: servers lose their connection to the database',
  },
  holdfast_redis_available: {
    help: '1: rate limits are counted in Redis. 0: Redis does not respond in time, and each process counts for itself.',
    watch: '0 for minutes; only with [`REDIS_URL`](redis.md)',
  },
  holdfast_redis_calls_total: {
    labels: ['result'],
    help: 'Calls of Redis by result: ok, late (no reply in time), failed, or skipped because Redis was not available.',
    watch: '`late` that grows: Redis or the network is slow; only with `REDIS_URL`',
  },
  holdfast_replica_up: {
    labels: ['node'],
    help: '1: a replica responds. 0: it does not, or is no replica of this primary.',
    watch: '0: it gets no reads; only with [replicas](replicas.md)',
  },
  holdfast_replica_lag_seconds: {
    labels: ['node'],
    help: 'How far a replica is behind the primary. It is missing while the replica is not up.',
    watch: 'above 1: it gets no reads; only with [replicas](replicas.md)',
  },
  holdfast_replica_reads_total: {
    labels: ['node'],
    help: 'Reads that a replica may serve, by the node that served them: a replica, or primary.',
    watch: 'all by `primary`: no replica can be used',
  },
  holdfast_replica_reads_refused_total: {
    labels: ['reason'],
    help: 'Reads that the primary served because a replica was behind, or failed.',
    watch: 'growing: see the lag',
  },
  holdfast_audit_events_total: {
    labels: ['outcome'],
    help: 'Events of the security log. lost: they could not be written before the stop, or too many were waiting.',
    watch: '`outcome="lost"` above 0: events of the security log could not be written',
  },
  holdfast_trace_spans_total: {
    labels: ['outcome'],
    help: 'Spans of traces. lost: the collector did not take them.',
    watch:
      '`outcome="lost"` that grows: the collector is away or refuses them; the log says why. ' +
      'Only with [traces](logs.md#traces)',
  },
  holdfast_processes: {
    help: 'Server processes that respond.',
    watch: 'fewer than `HOLDFAST_PROCESSES`; only with several processes',
  },
} as const satisfies Record<string, Metric>
