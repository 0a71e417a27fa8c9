import { batchConnectionsMax } from '@holdfast/engine'
import { clinicSettings } from '@holdfast/vocabulary'
import { backupSettings } from './backup-settings.ts'
import { databaseSettings } from './database-settings.ts'
import { messageSettings } from './message-settings.ts'
import { redisSettings } from './redis-settings.ts'
import { optionalSetting, type Setting, secretSetting, setting } from './setting.ts'
import * as kinds from './setting-kinds.ts'

/** All settings. The keys are the names used in the code; each row has the name of the environment variable. */
export const settingTable = {
  host: setting(
    'HOST',
    '127.0.0.1',
    'Address to listen on. The default is reachable from this machine only; 0.0.0.0 or :: listens on all networks.',
    kinds.hostAddress,
  ),
  port: setting('PORT', '3000', 'Port to listen on; 0 lets the system choose one.', kinds.wholeNumber(0, 65_535)),
  publicUrl: optionalSetting(
    'HOLDFAST_URL',
    'http://localhost:PORT',
    'Public address of this server. With https, cookies are Secure. Servers that share a database need the same.',
    kinds.httpOrigin,
  ),
  ...databaseSettings,
  dataDirectory: setting(
    'HOLDFAST_DATA',
    '.holdfast',
    'Directory where the embedded PostgreSQL stores its data.',
    kinds.directory,
  ),
  secrets: secretSetting(
    'HOLDFAST_SECRET',
    'the one in HOLDFAST_SECRET_FILE, or with DATABASE_URL, one that is stored in the database',
    'Signs manage tokens, cookies and other credentials. To rotate it, set new,old: new signs, both verify.',
    kinds.secrets,
  ),
  secretFile: optionalSetting(
    'HOLDFAST_SECRET_FILE',
    'beside HOLDFAST_DATA, with -secret after its name; not used with DATABASE_URL',
    'File with the secret, generated once. Only its owner may read it. Back it up apart from the data.',
    kinds.file,
  ),
  ...backupSettings,
  ...messageSettings,
  ...redisSettings,
  adminEmail: optionalSetting(
    'HOLDFAST_ADMIN_EMAIL',
    'admin@holdfast.local',
    "The first administrator's e-mail address. `holdfast replay` and `holdfast import cases` with --url instead " +
      'sign in with it: there it is the address of an existing account.',
    kinds.emailAddress,
  ),
  adminPassword: secretSetting(
    'HOLDFAST_ADMIN_PASSWORD',
    'generated and printed once',
    "The first administrator's password; with --url, that of the existing account.",
    kinds.textOfLength(10, 128),
  ),
  demo: optionalSetting(
    'HOLDFAST_DEMO',
    'on with the embedded database, else off',
    'Whether to create a small demo clinic in an empty database; full: with a week of invented bookings, and the ' +
      'start is refused if the database has other clinics.',
    kinds.oneOf('on', 'off', 'full'),
  ),
  adminsNeedSecondFactor: setting(
    'HOLDFAST_ADMIN_SECOND_FACTOR',
    'off',
    'Whether site administrators need a second factor everywhere. If off, they need one in clinics that require it.',
    kinds.onOff,
  ),
  holdSeconds: setting(
    'HOLDFAST_HOLD_SECONDS',
    '120',
    'How many seconds a hold lasts in a new clinic. Each clinic can change this.',
    kinds.wholeNumber(clinicSettings.holdSeconds.min, clinicSettings.holdSeconds.max),
  ),
  runsJobs: setting(
    'HOLDFAST_WORKER',
    'on',
    'Whether `start` also runs the background jobs (expire holds, create partitions, delete old data). If off, run ' +
      '`worker` as well.',
    kinds.onOff,
  ),
  processes: setting(
    'HOLDFAST_PROCESSES',
    '1',
    'How many processes `start` serves with, on one port. auto: one for each processor core. Memory, database ' +
      'connections and what is counted in each process multiply.',
    kinds.processCount,
  ),
  logLevel: setting(
    'HOLDFAST_LOG_LEVEL',
    'info',
    'Lowest level that is logged. The log goes to stderr: JSON lines, or words on a terminal. SIGURG changes it to ' +
      'debug and back.',
    kinds.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  ),
  logsRefusals: setting(
    'HOLDFAST_LOG_REFUSALS',
    'off',
    'Whether the log has a line for each refused request (4xx and 5xx): its id, route, status and code. Bookings ' +
      'that an overloaded server refuses at once are only counted.',
    kinds.onOff,
  ),
  slowRequestMs: setting(
    'HOLDFAST_SLOW_REQUEST_MS',
    '500',
    'The log has a warning for each request that takes as many milliseconds, which says where its time went. 0: none.',
    kinds.wholeNumber(0, 600_000),
  ),
  otlpUrl: secretSetting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'nothing is traced',
    'The collector that gets traces by OTLP over HTTP, such as `http://127.0.0.1:4318`.',
    kinds.httpUrl,
  ),
  traceRatio: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    '0.01',
    'The share of requests, messages and webhooks that are traced.',
    kinds.share,
  ),
  trustedProxies: setting(
    'HOLDFAST_TRUSTED_PROXIES',
    '0',
    'Proxies in front of this server whose X-Forwarded-For and X-Request-Id are trusted: how many there are, or ' +
      'their networks. With a number, every connection must come from a proxy.',
    kinds.trustedProxies,
  ),
  corsOrigins: optionalSetting(
    'HOLDFAST_CORS_ORIGINS',
    'none',
    'Origins of other sites whose pages may call this API with credentials.',
    kinds.httpOrigins,
  ),
  hstsSubdomains: setting(
    'HOLDFAST_HSTS_SUBDOMAINS',
    'off',
    'With an https HOLDFAST_URL: browsers open its subdomains by https alone, too, for a year. On, if all of them can.',
    kinds.onOff,
  ),
  metricsPort: optionalSetting(
    'HOLDFAST_METRICS_PORT',
    'on the main port, if HOLDFAST_METRICS_TOKEN is set',
    'Serves /metrics on a separate port of HOST.',
    kinds.wholeNumber(0, 65_535),
  ),
  metricsToken: secretSetting(
    'HOLDFAST_METRICS_TOKEN',
    '/metrics is served on HOLDFAST_METRICS_PORT only, to anyone',
    'The Bearer token that /metrics requires.',
    kinds.textOfLength(16, 256),
  ),
  workerPort: optionalSetting(
    'HOLDFAST_WORKER_PORT',
    '`worker` serves nothing',
    'The port of HOST on which `worker` serves /livez, /readyz and /metrics, with HOLDFAST_METRICS_TOKEN.',
    kinds.wholeNumber(0, 65_535),
  ),
  rateLimit: setting(
    'HOLDFAST_RATE_LIMIT',
    'on',
    'Turns the rate limits on or off, except those of API keys. Turn them off for load tests.',
    kinds.onOff,
  ),
  limitReadsPerMinute: limit(
    'HOLDFAST_LIMIT_READS_PER_MINUTE',
    '600',
    'Reads per minute and account, or without an account per minute and IP address.',
  ),
  limitAnonymousWritesPerMinute: limit(
    'HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE',
    '10',
    'Writes without an account per minute and IP address; requests to sign in per e-mail address and IP address. ' +
      'Confirming, extending or releasing a hold with its token is no further write: 30 in 15 minutes for each hold, ' +
      'and ten times this limit per minute and IP address.',
  ),
  limitAccountPerMinute: limit('HOLDFAST_LIMIT_ACCOUNT_PER_MINUTE', '100', 'Writes per minute and account.'),
  limitSignInsPerIp: limit(
    'HOLDFAST_LIMIT_SIGN_INS_PER_IP',
    '10',
    'Sign-ups and failed sign-ins per 15 minutes and IP address, or per account in browsers where it was used ' +
      'before; twice as many per IPv6 /56, four times per /48.',
  ),
  limitSignInsPerEmail: limit(
    'HOLDFAST_LIMIT_SIGN_INS_PER_EMAIL',
    '5',
    'Wrong passwords per e-mail address and network before each further sign-in has to wait, longer each time.',
  ),
  limitBookingsPerAccount: limit('HOLDFAST_LIMIT_BOOKINGS_PER_ACCOUNT', '5', 'Bookings per minute and account.'),
  limitBookingsPerAddress: limit(
    'HOLDFAST_LIMIT_BOOKINGS_PER_ADDRESS',
    '20',
    'Bookings per minute and IP address, with or without an account; twice as many per IPv6 /56, four times per /48.',
  ),
  limitBookingsPerEmail: limit(
    'HOLDFAST_LIMIT_BOOKINGS_PER_EMAIL',
    '5',
    "Bookings per 15 minutes for one patient's e-mail address by one account or, without one, one IP address.",
  ),
  poolSize: setting(
    'HOLDFAST_POOL_SIZE',
    '10',
    'Database connections per process for reads and administration. The queues of bookings use up to ' +
      `${batchConnectionsMax} more.`,
    kinds.wholeNumber(1, 200),
  ),
  accountsPoolSize: setting(
    'HOLDFAST_ACCOUNTS_POOL_SIZE',
    '4',
    'Database connections per process for sign-ins and sessions. Separate, so that sign-ins cannot starve bookings.',
    kinds.wholeNumber(1, 100),
  ),
  cacheMegabytes: setting(
    'HOLDFAST_CACHE_MEGABYTES',
    '64',
    'Memory per process for slots and cached responses of public reads, in MiB.',
    kinds.wholeNumber(1, 65_536),
  ),
  queueSizeMax: setting(
    'HOLDFAST_QUEUE_SIZE_MAX',
    '4096',
    'How many claims may wait in one process. Further claims get 503 with Retry-After.',
    kinds.wholeNumber(1, 1_000_000),
  ),
  queueWaitMsMax: setting(
    'HOLDFAST_QUEUE_WAIT_MS_MAX',
    '5000',
    'How many milliseconds after it arrived a claim that could not be processed gets 503.',
    kinds.wholeNumber(10, 60_000),
  ),
  lockWaitMsMax: setting(
    'HOLDFAST_LOCK_WAIT_MS_MAX',
    '1000',
    'How many milliseconds a batch of claims waits for a locked slot. Then the claims of that slot wait apart.',
    kinds.wholeNumber(10, 60_000),
  ),
  outcomeSecondsMax: setting(
    'HOLDFAST_OUTCOME_SECONDS_MAX',
    '25',
    'How many seconds after a write arrived its outcome is looked up when the database connection was lost. Then the ' +
      'client gets 503 and has to repeat it. Longer than a failover takes: with Patroni, its ttl and ten seconds ' +
      'more (40), and HOLDFAST_ANSWER_SECONDS_MAX above that (45).',
    kinds.wholeNumber(1, 600),
  ),
  passwordHashesMax: setting(
    'HOLDFAST_PASSWORD_HASHES_MAX',
    '2',
    'Concurrent password checks per process. Each takes 19 MiB and some milliseconds of a core.',
    kinds.wholeNumber(1, 64),
  ),
  sessionIdleHours: setting(
    'HOLDFAST_SESSION_IDLE_HOURS',
    '168',
    'After how many hours without a request a patient’s session ends.',
    kinds.wholeNumber(1, 720),
  ),
  sessionIdleHoursStaff: setting(
    'HOLDFAST_SESSION_IDLE_HOURS_STAFF',
    '12',
    'After how many hours without a request the session of a member of a clinic or of a site administrator ends.',
    kinds.wholeNumber(1, 720),
  ),
  auditMonths: setting(
    'HOLDFAST_AUDIT_MONTHS',
    '12',
    'After how many months events of the security log are deleted.',
    kinds.wholeNumber(1, 120),
  ),
  auditAnchors: optionalSetting(
    'HOLDFAST_AUDIT_ANCHORS',
    'who administers the database can exchange the whole security log',
    'Directory or s3://bucket/prefix in which the ends of the security log are stored each minute, signed. ' +
      'Choose a place where nothing can be changed, such as a bucket with object lock.',
    kinds.backupPlace,
  ),
  auditSyslog: optionalSetting(
    'HOLDFAST_AUDIT_SYSLOG',
    'none',
    'Receiver of syslog messages (RFC 5424) to which the same ends are sent, beside HOLDFAST_AUDIT_ANCHORS or ' +
      'instead of it. Only tls is sure who receives them; certificates of your own go into NODE_EXTRA_CA_CERTS.',
    kinds.syslogServer,
  ),
  requestSecondsMax: setting(
    'HOLDFAST_REQUEST_SECONDS_MAX',
    '10',
    'How many seconds a client has to send its whole request.',
    kinds.wholeNumber(1, 300),
  ),
  answerSecondsMax: setting(
    'HOLDFAST_ANSWER_SECONDS_MAX',
    '30',
    'How many seconds a request may take before the client gets 503. The work that was started still completes.',
    kinds.wholeNumber(1, 600),
  ),
  connectionsMax: setting(
    'HOLDFAST_CONNECTIONS_MAX',
    '10000',
    'Connections per process, not counting live ones. Further connections are closed at once.',
    kinds.wholeNumber(1, 1_000_000),
  ),
  connectionsPerAddressMax: setting(
    'HOLDFAST_CONNECTIONS_PER_ADDRESS_MAX',
    '500',
    'The same per IP address. Connections of trusted proxies are not limited by address.',
    kinds.wholeNumber(1, 1_000_000),
  ),
  liveConnectionsMax: setting(
    'HOLDFAST_LIVE_CONNECTIONS_MAX',
    '20000',
    'Live connections (WebSocket, server-sent events) per process. Further ones get 503.',
    kinds.wholeNumber(1, 1_000_000),
  ),
  liveConnectionsPerAddressMax: setting(
    'HOLDFAST_LIVE_CONNECTIONS_PER_ADDRESS_MAX',
    '200',
    'Live connections per process and IP address. Further ones get 429.',
    kinds.wholeNumber(1, 1_000_000),
  ),
  liveDoctorsMax: setting(
    'HOLDFAST_LIVE_DOCTORS_MAX',
    '50',
    'Doctors that one live connection may subscribe to.',
    kinds.wholeNumber(1, 1_000),
  ),
  shutdownSecondsMax: setting(
    'HOLDFAST_SHUTDOWN_SECONDS_MAX',
    '30',
    'How many seconds a stopping server waits for requests in flight.',
    kinds.wholeNumber(1, 600),
  ),
} as const

/** All settings as a list, in the order in which `holdfast doctor` prints them. */
export const settings: readonly Setting<unknown>[] = Object.values(settingTable)

function limit(name: string, defaultText: string, description: string) {
  return setting(
    name,
    defaultText,
    `${description} Counted in each process, or with REDIS_URL in all together.`,
    kinds.wholeNumber(1, 1_000_000),
  )
}
