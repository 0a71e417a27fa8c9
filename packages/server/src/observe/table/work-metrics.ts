import type { Metric } from './metric.ts'

/** What the jobs, the database and the machine say. */
export const workMetrics = {
  holdfast_job_runs_total: {
    labels: ['job', 'failed'],
    help: 'Background job runs in this process.',
    watch: '`failed="true"` above 0: see the log',
  },
  holdfast_job_items_total: {
    labels: ['job'],
    help: 'Rows that background jobs of this process deleted, expired or created.',
    watch: 'nothing by itself',
  },
  holdfast_messages_total: {
    labels: ['channel', 'outcome'],
    help: 'Messages to patients by channel and outcome of an attempt. again: it failed, and is repeated later.',
    watch: '`again` and `failed` without any `sent`: nothing leaves',
  },
  holdfast_relay_lag_seconds: {
    labels: ['receiver'],
    help: 'Time from when an event was written until it was forwarded to a receiver. Repetitions count again.',
    watch: 'how late events were forwarded to `email`, `webhooks` and `broker`',
  },
  holdfast_relay_waiting_seconds: {
    labels: ['receiver'],
    help: 'Age of the oldest event that this process is forwarding to a receiver; it grows while the receiver is away.',
    watch: 'above 300: the receiver is away',
  },
  holdfast_broker_failures_total: {
    labels: ['queue', 'outcome'],
    help: 'Events that a consumer at the broker could not process: given back to it later (retry), or not (dead).',
    watch: '`outcome="dead"` that grows: a consumer of RabbitMQ cannot process events, see `holdfast.dead-letters`',
  },
  holdfast_account_mails_waiting: {
    help: 'E-mails with links, invitations and notices that have not been sent yet.',
    watch: 'growing; `doctor` warns under `account e-mails`',
  },
  holdfast_account_mails_waiting_seconds: {
    help: 'For how long the oldest of them has waited; it grows while the mail server is away.',
    watch: 'above 600, because links expire meanwhile',
  },
  holdfast_active_holds: {
    labels: ['shard'],
    help: 'PENDING bookings of the last hour whose hold has not expired.',
    watch: 'nothing by itself: places that somebody is about to book',
  },
  holdfast_lapsed_holds: {
    labels: ['shard'],
    help: 'PENDING bookings of the last hour whose hold has expired, not marked yet by a job. Their places are free.',
    watch: 'growing for minutes: no worker runs the job `sweep`',
  },
  holdfast_theatre_holds: {
    labels: ['shard'],
    help: 'Held operating-room cases of the last hour that are not confirmed yet.',
    watch: 'nothing by itself',
  },
  holdfast_waitlist_entries: {
    labels: ['shard'],
    help: 'Open entries of the waitlists; 10,001: more than 10,000.',
    watch: 'nothing by itself: how many patients wait for a place',
  },
  holdfast_waitlist_offers: {
    labels: ['shard'],
    help: 'Open entries of the waitlists that have an offer now, among the first 10,001.',
    watch: 'nothing by itself',
  },
  holdfast_event_tail_lag_seconds: {
    labels: ['shard'],
    help: 'Age of the oldest event that the log tail may not read yet because an older transaction is still open.',
    watch:
      'above 5: a transaction that is open holds back live places and messages: see [Overload](overload.md). The log ' +
      'and `/readyz` name its session',
  },
  holdfast_event_tail_held_back_seconds: {
    labels: ['by'],
    help: 'For how long a session of holdfast, another program or a prepared transaction holds the log tail back.',
    watch: '`by="other"`: somebody’s open transaction, such as one in psql; only by servers, and 0 below 5 s',
  },
  holdfast_database_up: {
    labels: ['shard'],
    help: '1: the database responded when the metrics were read, on a connection for nothing else. 0: it did not.',
    watch: '0 for a minute: nothing can be booked there',
  },
  holdfast_database_clock_skew_seconds: {
    labels: ['shard'],
    help: 'How far the clock of the database is ahead of that of this process; it is exact to half a round trip.',
    watch: 'above 1 or below -1: set both by NTP',
  },
  holdfast_database_connections: {
    labels: ['shard'],
    help: 'Connections to the database, by whomever.',
    watch: 'near the maximum: new connections are refused',
  },
  holdfast_database_connections_max: {
    labels: ['shard'],
    help: 'The most connections that the database server allows (max_connections), for all its databases.',
    watch: 'see the connections',
  },
  holdfast_database_lock_waits: {
    labels: ['shard'],
    help: 'Sessions of Holdfast that wait for a lock of another transaction now.',
    watch: 'above 0 for minutes: a transaction keeps a lock; the log names its session',
  },
  holdfast_database_deadlocks_total: {
    labels: ['shard'],
    help: 'Deadlocks in the database since its statistics began.',
    watch: 'growing: programs lock in different orders; Holdfast repeats its own',
  },
  holdfast_database_commits_total: {
    labels: ['shard'],
    help: 'Committed transactions of the database since its statistics began.',
    watch: 'nothing by itself',
  },
  holdfast_database_rollbacks_total: {
    labels: ['shard'],
    help: 'Transactions of the database that were rolled back since its statistics began.',
    watch: 'growing faster than the commits: statements fail, see the log of PostgreSQL',
  },
  holdfast_database_blocks_total: {
    labels: ['shard', 'from'],
    help: 'Blocks of the database that were read from its memory (memory), or from the operating system (outside).',
    watch: 'a growing share of `outside`: raise `shared_buffers`',
  },
  holdfast_replication_lag_seconds: {
    labels: ['shard'],
    help: 'How late the slowest standby replays. NaN: there is none, or the role may not see it.',
    watch: 'above 1. To see it, `grant pg_read_all_stats to holdfast_app` as a superuser; nothing else needs that',
  },
  holdfast_replication_retained_bytes: {
    labels: ['shard'],
    help: 'WAL that the database server retains for its slowest replication slot. 0: there is no slot.',
    watch: 'growing without end: a standby or the backups are away, and the disk fills',
  },
  holdfast_partition_seconds_left: {
    help: 'Time until a database’s last monthly partition of bookings ends: no booking can be written then.',
    watch: 'below 3,888,000 (45 days): no worker has created partitions lately',
  },
  holdfast_backup_restorable_timestamp_seconds: {
    help: 'The newest moment that can be restored. 0: there is no backup yet.',
    watch: 'more than ten minutes and three intervals old',
  },
  holdfast_backup_failing_seconds: {
    help: 'For how long backups have failed. 0: the last one succeeded.',
    watch: 'above 300',
  },
  holdfast_backup_interval_seconds: {
    help: 'How often changes are backed up (HOLDFAST_BACKUP_SECONDS). NaN: backups are off.',
    watch: 'NaN, if another tool does not back the database up',
  },
  holdfast_restore_test_timestamp_seconds: {
    help: 'When a restore test last succeeded (HOLDFAST_RESTORE_TEST_IN). 0: never.',
    watch: 'more than 40 days old',
  },
  holdfast_restore_test_failing_seconds: {
    help: 'For how long restore tests have failed. 0: the last one succeeded, or there was none.',
    watch: 'above 0: the newest backup can’t be restored',
  },
  holdfast_verify_timestamp_seconds: {
    help: 'When `holdfast verify` last found no fault; of several databases, where it is longest ago. 0: never.',
    watch: 'long ago: run it daily',
  },
  holdfast_verify_failing_seconds: {
    help: 'For how long `holdfast verify` has found faults, in any database. 0: it found none last time.',
    watch: 'above 0',
  },
  holdfast_certificate_expiry_timestamp_seconds: {
    help: 'When the certificate of HOLDFAST_URL ends, as it is served. NaN: it was never reached from this machine.',
    watch: 'less than 14 days ahead; only of servers, and with https',
  },
  holdfast_disk_free_bytes: {
    labels: ['directory'],
    help:
      'Free space on the disk of the embedded database (data) and of backups in a directory (backups). Missing: it ' +
      'cannot be read, or has not responded for five minutes.',
    watch:
      'below a tenth of the disk, or 1 GB. The disk of a separate PostgreSQL is not seen: watch it by node_exporter',
  },
  holdfast_disk_size_bytes: { labels: ['directory'], help: 'Size of that disk.', watch: 'see the free space' },
} as const satisfies Record<string, Metric>
