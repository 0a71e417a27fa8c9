import { optionalSetting, type Setting, secretSetting, setting } from './setting.ts'
import * as kinds from './setting-kinds.ts'

/** Every setting there is, once. The keys are the names inside the program, the environment's names are in the rows. */
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
    'Where people reach this server, seen from outside. With https: cookies are marked Secure. Absent: http://localhost:PORT. Servers that share a database need the same one.',
    kinds.httpOrigin,
  ),
  databaseUrl: secretSetting(
    optionalSetting(
      'DATABASE_URL',
      'PostgreSQL 15 or newer, as the role that owns the schema. Absent: the embedded server, with its data in HOLDFAST_DATA.',
      kinds.postgresUrl,
    ),
  ),
  databaseAppUrl: secretSetting(
    optionalSetting(
      'DATABASE_APP_URL',
      "The application role's login, where DATABASE_URL's role may not create roles. Absent: a login <database>_holdfast_app is made.",
      kinds.postgresUrl,
    ),
  ),
  dataDirectory: setting(
    'HOLDFAST_DATA',
    '.holdfast',
    'Where the embedded PostgreSQL keeps its data.',
    kinds.directory,
  ),
  secrets: secretSetting(
    optionalSetting(
      'HOLDFAST_SECRET',
      'Signs manage tokens, cookies and what else must not be forged. Two with a comma between: the first signs, both are valid. Absent: made once and kept in the database.',
      kinds.secrets,
    ),
  ),
  adminEmail: optionalSetting(
    'HOLDFAST_ADMIN_EMAIL',
    "The first administrator's e-mail address. Absent: admin@holdfast.local.",
    kinds.emailAddress,
  ),
  adminPassword: secretSetting(
    optionalSetting(
      'HOLDFAST_ADMIN_PASSWORD',
      "The first administrator's password. Absent: made up and printed once.",
      kinds.textOfLength(10, 128),
    ),
  ),
  demo: optionalSetting(
    'HOLDFAST_DEMO',
    'Whether an empty database gets a small demo clinic. Absent: on with the embedded database, else off.',
    kinds.onOff,
  ),
  holdSeconds: setting(
    'HOLDFAST_HOLD_SECONDS',
    '120',
    'How long a hold lasts in a new clinic; each clinic can change its own.',
    kinds.wholeNumber(30, 900),
  ),
  runsJobs: setting(
    'HOLDFAST_WORKER',
    'on',
    'Whether `start` also runs the jobs (sweeping, partitions, retention). Off: run `worker` beside it.',
    kinds.onOff,
  ),
  logLevel: setting(
    'HOLDFAST_LOG_LEVEL',
    'info',
    'What is logged to stderr, as JSON.',
    kinds.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  ),
  trustedProxies: setting(
    'HOLDFAST_TRUSTED_PROXIES',
    '0',
    "Which proxies before this server are believed about the client's address (X-Forwarded-For): how many, or their networks.",
    kinds.trustedProxies,
  ),
  corsOrigins: optionalSetting(
    'HOLDFAST_CORS_ORIGINS',
    'Origins of other sites whose pages may call this API with credentials. Absent: none.',
    kinds.httpOrigins,
  ),
  metricsPort: optionalSetting(
    'HOLDFAST_METRICS_PORT',
    'Serves /metrics on its own port of HOST. Absent: on the main port, if HOLDFAST_METRICS_TOKEN is set.',
    kinds.wholeNumber(0, 65_535),
  ),
  metricsToken: secretSetting(
    optionalSetting(
      'HOLDFAST_METRICS_TOKEN',
      'The Bearer token that /metrics asks for. Absent: served on HOLDFAST_METRICS_PORT alone, to anyone.',
      kinds.textOfLength(16, 256),
    ),
  ),
  rateLimit: setting('HOLDFAST_RATE_LIMIT', 'on', 'All rate limits; off for load tests.', kinds.onOff),
  limitReadsPerMinute: limit(
    'HOLDFAST_LIMIT_READS_PER_MINUTE',
    '600',
    'Reads without an account a minute per IP address.',
  ),
  limitAnonymousWritesPerMinute: limit(
    'HOLDFAST_LIMIT_ANONYMOUS_WRITES_PER_MINUTE',
    '10',
    'Writes without an account a minute per IP address.',
  ),
  limitAccountPerMinute: limit('HOLDFAST_LIMIT_ACCOUNT_PER_MINUTE', '100', "An account's requests a minute."),
  limitSignInsPerIp: limit(
    'HOLDFAST_LIMIT_SIGN_INS_PER_IP',
    '10',
    'Sign-ins and sign-ups in 15 minutes per IP address.',
  ),
  limitSignInsPerEmail: limit('HOLDFAST_LIMIT_SIGN_INS_PER_EMAIL', '10', 'Sign-ins in 15 minutes per e-mail address.'),
  limitBookingsPerAccount: limit('HOLDFAST_LIMIT_BOOKINGS_PER_ACCOUNT', '5', 'Bookings a minute per account.'),
  limitBookingsPerEmail: limit(
    'HOLDFAST_LIMIT_BOOKINGS_PER_EMAIL',
    '5',
    "Bookings in 15 minutes per patient's e-mail address.",
  ),
  poolSize: setting(
    'HOLDFAST_POOL_SIZE',
    '10',
    'Database connections of one process for reads and administration; the claim queues have 6 of their own.',
    kinds.wholeNumber(1, 200),
  ),
  accountsPoolSize: setting(
    'HOLDFAST_ACCOUNTS_POOL_SIZE',
    '4',
    'Database connections of one process for sign-ins and sessions, apart so that they cannot starve bookings.',
    kinds.wholeNumber(1, 100),
  ),
  cacheMegabytes: setting(
    'HOLDFAST_CACHE_MEGABYTES',
    '64',
    'Memory for ready-made answers of public reads, in one process.',
    kinds.wholeNumber(1, 65_536),
  ),
  queueSizeMax: setting(
    'HOLDFAST_QUEUE_SIZE_MAX',
    '4096',
    'How many claims may wait in one process; more are told 503 and when to come back.',
    kinds.wholeNumber(1, 1_000_000),
  ),
  queueWaitMsMax: setting(
    'HOLDFAST_QUEUE_WAIT_MS_MAX',
    '5000',
    'How many milliseconds a claim may wait for its turn before it is told 503.',
    kinds.wholeNumber(10, 60_000),
  ),
  passwordHashesMax: setting(
    'HOLDFAST_PASSWORD_HASHES_MAX',
    '2',
    'Password checks of one process at a time (19 MiB and some milliseconds of a core each).',
    kinds.wholeNumber(1, 64),
  ),
  requestSecondsMax: setting(
    'HOLDFAST_REQUEST_SECONDS_MAX',
    '10',
    'Within how many seconds a client must have sent its whole request.',
    kinds.wholeNumber(1, 300),
  ),
  answerSecondsMax: setting(
    'HOLDFAST_ANSWER_SECONDS_MAX',
    '30',
    'After how many seconds a request without an answer is told 503. What was begun is finished all the same.',
    kinds.wholeNumber(1, 600),
  ),
  connectionsMax: setting(
    'HOLDFAST_CONNECTIONS_MAX',
    '10000',
    'Connections of one process at a time, beside the live ones; more are closed at once.',
    kinds.wholeNumber(1, 1_000_000),
  ),
  liveConnectionsMax: setting(
    'HOLDFAST_LIVE_CONNECTIONS_MAX',
    '20000',
    'Live connections (WebSocket, server-sent events) of one process; more are told 503.',
    kinds.wholeNumber(1, 1_000_000),
  ),
  liveConnectionsPerAddressMax: setting(
    'HOLDFAST_LIVE_CONNECTIONS_PER_ADDRESS_MAX',
    '200',
    'Live connections of one process from one IP address; more are told 429.',
    kinds.wholeNumber(1, 1_000_000),
  ),
  liveDoctorsMax: setting(
    'HOLDFAST_LIVE_DOCTORS_MAX',
    '50',
    'Doctors that one live connection may follow.',
    kinds.wholeNumber(1, 1_000),
  ),
  shutdownSecondsMax: setting(
    'HOLDFAST_SHUTDOWN_SECONDS_MAX',
    '30',
    'How long a stopping server waits for what is in flight.',
    kinds.wholeNumber(1, 600),
  ),
} as const

/** The same, as a list in the order in which `holdfast doctor` prints them. */
export const settings: readonly Setting<unknown>[] = Object.values(settingTable)

function limit(name: string, defaultText: string, description: string) {
  return setting(name, defaultText, `${description} Counted in each process.`, kinds.wholeNumber(1, 1_000_000))
}
