// What the dashboards of deploy/grafana show. `npm run dashboards` writes them.

/** Units as Grafana names them. */
type Unit = 'short' | 's' | 'ms' | 'reqps' | 'ops' | 'bytes' | 'percentunit'
/** A query of Prometheus, and the legend of each of its series. */
export type Query = readonly [expression: string, legend: string]
export type Panel = { title: string; unit: Unit; queries: readonly Query[] }
export type Row = { title: string; panels: readonly Panel[] }
export type Dashboard = { uid: string; title: string; description: string; rows: readonly Row[] }

const panel = (title: string, unit: Unit, ...queries: Query[]): Panel => ({ title, unit, queries })
const rate = (counter: string) => `rate(${counter}[$__rate_interval])`
const quantile = (q: number, histogram: string, by = '', matchers = '') =>
  `histogram_quantile(${q}, sum by (le${by}) (${rate(`${histogram}_bucket${matchers}`)}))`
const http = 'holdfast_http_request_duration_seconds'
/** Without connections for live updates, which last for as long as a page is open. */
const isRequest = 'route!~".*/live(/events)?"'

const service: Dashboard = {
  uid: 'holdfast-service',
  title: 'Holdfast: service',
  description: 'Requests, their outcome and time, queues, caches, live updates and the processes.',
  rows: [
    {
      title: 'Requests',
      panels: [
        panel('Requests', 'reqps', [`sum by (status) (${rate(`${http}_count{${isRequest}}`)})`, '{{status}}']),
        panel('Failed', 'percentunit', [
          `sum(${rate(`${http}_count{status=~"5..",${isRequest}}`)}) / sum(${rate(`${http}_count{${isRequest}}`)})`,
          'failed',
        ]),
        panel(
          'Time',
          's',
          [quantile(0.5, http, '', `{${isRequest}}`), 'p50'],
          [quantile(0.95, http, '', `{${isRequest}}`), 'p95'],
          [quantile(0.99, http, '', `{${isRequest}}`), 'p99'],
        ),
        panel('p95 of the slowest routes', 's', [
          `topk(10, ${quantile(0.95, http, ', route', `{${isRequest}}`)})`,
          '{{route}}',
        ]),
        panel('In flight', 'short', ['topk(10, sum by (route) (holdfast_http_requests_in_flight))', '{{route}}']),
        panel('Refusals and failures', 'ops', [`sum by (code) (${rate('holdfast_problems_total')})`, '{{code}}']),
      ],
    },
    {
      title: 'Caches and live updates',
      panels: [
        panel('Reads served from memory', 'percentunit', [
          `sum(${rate('holdfast_cache_reads_total{result="hit"}')}) / sum(${rate('holdfast_cache_reads_total')})`,
          'hits',
        ]),
        panel('Memory of caches', 'bytes', ['sum by (instance) (holdfast_cache_bytes)', '{{instance}}']),
        panel('Live connections', 'short', ['sum by (kind) (holdfast_live_connections)', '{{kind}}']),
        panel(
          'Live messages',
          'ops',
          [`sum(${rate('holdfast_live_messages_total')})`, 'sent'],
          [`sum(${rate('holdfast_live_dropped_total')})`, 'not sent to slow clients'],
          [`sum(${rate('holdfast_live_resyncs_total')})`, 'resync'],
        ),
      ],
    },
    {
      title: 'Processes',
      panels: [
        panel('Processor time', 'percentunit', [rate('holdfast_process_cpu_seconds_total'), '{{instance}}']),
        panel('Memory', 'bytes', ['holdfast_process_resident_memory_bytes', '{{instance}}']),
        panel('Delay of the event loop, p99', 's', ['holdfast_nodejs_eventloop_lag_p99_seconds', '{{instance}}']),
        panel('Processes that respond', 'short', ['sum(holdfast_processes)', 'processes']),
      ],
    },
  ],
}

const database: Dashboard = {
  uid: 'holdfast-database',
  title: 'Holdfast: database',
  description: 'Connections, locks, replication, the log, disks and backups.',
  rows: [
    {
      title: 'Databases',
      panels: [
        panel('Up', 'short', ['min by (shard) (holdfast_database_up)', '{{shard}}']),
        panel(
          'Transactions',
          'ops',
          [`max by (shard) (${rate('holdfast_database_commits_total')})`, '{{shard}} committed'],
          [`max by (shard) (${rate('holdfast_database_rollbacks_total')})`, '{{shard}} rolled back'],
        ),
        panel('Connections', 'percentunit', [
          'max by (shard) (holdfast_database_connections) / max by (shard) (holdfast_database_connections_max)',
          '{{shard}}',
        ]),
        panel('Waiting for locks', 'short', ['max by (shard) (holdfast_database_lock_waits)', '{{shard}}']),
        panel('Deadlocks', 'ops', [`max by (shard) (${rate('holdfast_database_deadlocks_total')})`, '{{shard}}']),
        panel('Blocks from memory', 'percentunit', [
          `max by (shard) (${rate('holdfast_database_blocks_total{from="memory"}')}) / ` +
            `max by (shard) (sum by (shard, instance) (${rate('holdfast_database_blocks_total')}))`,
          '{{shard}}',
        ]),
      ],
    },
    {
      title: 'Servers and the database',
      panels: [
        panel('Connections of pools', 'short', [
          'sum by (pool, state) (holdfast_pool_connections)',
          '{{pool}} {{state}}',
        ]),
        panel('Uses above 500 ms', 'ops', [`sum by (pool) (${rate('holdfast_database_slow_uses_total')})`, '{{pool}}']),
        panel('Age of events not visible yet', 's', ['max by (shard) (holdfast_event_tail_lag_seconds)', '{{shard}}']),
        panel('Held back for', 's', ['max by (by) (holdfast_event_tail_held_back_seconds)', '{{by}}']),
      ],
    },
    {
      title: 'Replication and backups',
      panels: [
        panel(
          'Lag',
          's',
          ['max by (shard) (holdfast_replication_lag_seconds)', 'standby of {{shard}}'],
          ['max by (node) (holdfast_replica_lag_seconds)', 'replica {{node}}'],
        ),
        panel('Replicas that are up', 'short', ['min by (node) (holdfast_replica_up)', '{{node}}']),
        panel('WAL kept for replication slots', 'bytes', [
          'max by (shard) (holdfast_replication_retained_bytes)',
          '{{shard}}',
        ]),
        panel('Age of what can be restored', 's', [
          'time() - max(holdfast_backup_restorable_timestamp_seconds > 0)',
          'age',
        ]),
        panel('Free disk space', 'percentunit', [
          'min by (instance, directory) (holdfast_disk_free_bytes / holdfast_disk_size_bytes)',
          '{{instance}} {{directory}}',
        ]),
      ],
    },
  ],
}

const bookings: Dashboard = {
  uid: 'holdfast-bookings',
  title: 'Holdfast: bookings',
  description: 'Claims, holds, queues, batches and the waitlist.',
  rows: [
    {
      title: 'Claims',
      panels: [
        panel('Claims', 'ops', [`sum by (outcome) (${rate('holdfast_claims_total')})`, '{{outcome}}']),
        panel(
          'Holds',
          'short',
          ['max by (shard) (holdfast_active_holds)', '{{shard}} held'],
          ['max by (shard) (holdfast_lapsed_holds)', '{{shard}} lapsed, not marked yet'],
        ),
        panel(
          'Waitlist',
          'short',
          ['max by (shard) (holdfast_waitlist_entries)', '{{shard}} entries'],
          ['max by (shard) (holdfast_waitlist_offers)', '{{shard}} with an offer'],
        ),
      ],
    },
    {
      title: 'Queues',
      panels: [
        panel(
          'Waiting',
          'short',
          ['sum by (queue) (holdfast_queue_depth)', '{{queue}}'],
          ['sum by (queue) (holdfast_queue_locked)', '{{queue}}, for a lock'],
        ),
        panel('Wait, p99', 's', [quantile(0.99, 'holdfast_queue_wait_seconds', ', queue'), '{{queue}}']),
        panel('Items a batch', 'short', [
          `sum by (queue) (${rate('holdfast_batch_size_sum')}) / sum by (queue) (${rate('holdfast_batch_size_count')})`,
          '{{queue}}',
        ]),
        panel('Time of a batch, p95', 's', [quantile(0.95, 'holdfast_batch_duration_seconds', ', queue'), '{{queue}}']),
      ],
    },
  ],
}

const isCaseQueue = '{queue=~"case.*"}'
const isTheatreRoute = '{route=~".*(theatre|cases|blocks|case-requests).*"}'

const theatre: Dashboard = {
  uid: 'holdfast-theatre',
  title: 'Holdfast: operating theatre',
  description: 'Claims and changes of cases, held cases, and how long the theatre’s pages take.',
  rows: [
    {
      title: 'Cases',
      panels: [
        panel('Held cases', 'short', ['max by (shard) (holdfast_theatre_holds)', '{{shard}}']),
        panel('Claims and changes', 'ops', [
          `sum by (queue) (${rate(`holdfast_batch_size_sum${isCaseQueue}`)})`,
          '{{queue}}',
        ]),
        panel('Waiting', 'short', [`sum by (queue) (holdfast_queue_depth${isCaseQueue})`, '{{queue}}']),
        panel('Wait, p99', 's', [quantile(0.99, 'holdfast_queue_wait_seconds', ', queue', isCaseQueue), '{{queue}}']),
      ],
    },
    {
      title: 'Requests',
      panels: [
        panel('Requests', 'reqps', [`sum by (route) (${rate(`${http}_count${isTheatreRoute}`)})`, '{{route}}']),
        panel('p95', 's', [quantile(0.95, http, ', route', isTheatreRoute), '{{route}}']),
      ],
    },
  ],
}

const messages: Dashboard = {
  uid: 'holdfast-messages',
  title: 'Holdfast: messages and jobs',
  description: 'E-mails, SMS, webhooks, the broker and background jobs.',
  rows: [
    {
      title: 'Messages',
      panels: [
        panel('Attempts', 'ops', [
          `sum by (channel, outcome) (${rate('holdfast_messages_total')})`,
          '{{channel}} {{outcome}}',
        ]),
        panel('E-mails with links that wait', 'short', ['max(holdfast_account_mails_waiting)', 'waiting']),
        panel('The oldest of them', 's', ['max(holdfast_account_mails_waiting_seconds)', 'age']),
      ],
    },
    {
      title: 'Events that leave',
      panels: [
        panel('Oldest event that waits', 's', ['max by (receiver) (holdfast_relay_waiting_seconds)', '{{receiver}}']),
        panel('Time until it is forwarded, p95', 's', [
          quantile(0.95, 'holdfast_relay_lag_seconds', ', receiver'),
          '{{receiver}}',
        ]),
        panel('Failures at the broker', 'ops', [
          `sum by (queue, outcome) (${rate('holdfast_broker_failures_total')})`,
          '{{queue}} {{outcome}}',
        ]),
      ],
    },
    {
      title: 'Jobs',
      panels: [
        panel('Runs that failed', 'ops', [
          `sum by (job) (${rate('holdfast_job_runs_total{failed="true"}')})`,
          '{{job}}',
        ]),
        panel('Rows', 'ops', [`sum by (job) (${rate('holdfast_job_items_total')})`, '{{job}}']),
        panel('Events of the security log', 'ops', [
          `sum by (outcome) (${rate('holdfast_audit_events_total')})`,
          '{{outcome}}',
        ]),
      ],
    },
  ],
}

export const dashboards: readonly Dashboard[] = [service, database, bookings, theatre, messages]
