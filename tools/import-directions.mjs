// Which folders may import which: the tables of .dependency-cruiser.mjs. planted-imports.ts plants imports that they
// forbid.

/**
 * The name of the rule that a folder imports only itself and its targets.
 *
 * @param {string} folder
 * @param {string[]} targets
 */
export const importsOnly = (folder, targets) => `${folder}-imports-only-${targets.join('-') || 'itself'}`

/**
 * Which workspaces each workspace may import. Tests are exempt.
 *
 * @type {Record<string, string[]>}
 */
export const workspaces = {
  vocabulary: [],
  contract: ['vocabulary'],
  engine: ['vocabulary'],
  adapters: ['vocabulary'],
  server: ['vocabulary', 'engine', 'adapters', 'contract'],
  cli: ['vocabulary', 'contract', 'engine', 'adapters', 'server'],
  web: ['vocabulary', 'contract'],
  testkit: ['vocabulary', 'engine', 'adapters'],
  bench: ['vocabulary', 'contract', 'engine', 'adapters', 'server', 'cli', 'testkit', 'drills'],
  drills: ['vocabulary', 'engine', 'adapters', 'server', 'testkit'],
}

/** @param {string} name */
export const workspacePath = (name) => (name === 'bench' || name === 'drills' ? name : `packages/${name}`)

/**
 * Which folders of the engine each of its folders may import besides {@link engineBase}, from the lowest to the
 * highest. Only `create-engine.ts` knows all.
 *
 * @type {Record<string, string[]>}
 */
export const engineFolders = {
  queue: [],
  lists: [],
  'stored-responses': [],
  audit: ['lists'],
  slots: [],
  tail: [],
  verify: [],
  bookings: ['queue'],
  sessions: ['bookings', 'queue'],
  limits: ['queue'],
  reads: ['bookings', 'lists', 'verify'],
  series: ['bookings', 'queue', 'reads', 'sessions'],
  erasure: ['bookings', 'reads'],
  calendars: ['bookings', 'lists', 'reads', 'stored-responses'],
  'working-hours': ['calendars'],
  messages: ['lists', 'reads', 'stored-responses'],
  directory: ['calendars', 'lists', 'messages', 'reads', 'stored-responses', 'working-hours'],
  import: ['directory', 'slots'],
  theatre: ['lists', 'queue', 'slots', 'stored-responses'],
  'personal-data': ['erasure', 'lists', 'reads'],
  patients: ['bookings', 'erasure', 'lists', 'reads', 'stored-responses'],
  waitlist: ['lists', 'stored-responses'],
  webhooks: ['lists', 'reads', 'stored-responses', 'tail'],
  'api-keys': ['stored-responses'],
  'account-people': ['stored-responses'],
  archive: [],
  move: [],
  upkeep: [],
  migrate: ['upkeep'],
  'app-login': [],
  shards: ['directory', 'import', 'move', 'stored-responses'],
}

/** What every folder of the engine may import. */
export const engineBase = ['model', 'database']

/**
 * Which folders of the server each of its folders may import, from the lowest to the highest. Only the entry points
 * `main.ts` and `worker.ts`, and `processes`, which runs several servers, may import `compose`.
 *
 * @type {Record<string, string[]>}
 */
export const serverFolders = {
  config: [],
  secrets: [],
  demo: [],
  observe: ['config'],
  health: ['observe'],
  lifecycle: ['config'],
  backups: ['config', 'lifecycle', 'observe'],
  audit: ['config', 'lifecycle', 'observe', 'secrets'],
  accounts: ['config', 'observe', 'secrets'],
  cache: ['lifecycle', 'observe'],
  calendar: ['lifecycle', 'observe'],
  replicas: ['observe'],
  relay: ['lifecycle', 'observe'],
  broker: ['lifecycle', 'observe', 'relay'],
  messages: ['lifecycle', 'observe', 'relay', 'secrets'],
  webhooks: ['lifecycle', 'messages', 'observe', 'relay', 'secrets'],
  busy: ['lifecycle', 'messages', 'observe', 'secrets'],
  jobs: ['audit', 'busy', 'lifecycle', 'messages', 'observe', 'webhooks'],
  edge: ['accounts', 'audit', 'config', 'observe', 'secrets'],
  holidays: ['edge', 'lifecycle'],
  site: ['cache', 'edge'],
  live: ['calendar', 'config', 'edge', 'lifecycle', 'observe'],
  theatre: ['calendar', 'edge', 'live', 'observe'],
  'account-requests': ['accounts', 'audit', 'edge', 'lifecycle', 'messages', 'observe', 'secrets'],
  rest: ['accounts', 'audit', 'cache', 'calendar', 'edge', 'health', 'holidays', 'messages', 'secrets', 'webhooks'],
}

/**
 * The folders of the site, and which of them each may import. Features meet only in `app`, which composes them and may
 * import all; what several of them show belongs to `domain`.
 *
 * @type {Record<string, string[]>}
 */
export const siteFolders = {
  features: ['domain', 'ui', 'lib'],
  domain: ['ui', 'lib'],
  ui: ['lib'],
  lib: [],
}

/**
 * Folders within a folder, and which of their neighbours each may import. Files beside them may import all.
 *
 * @type {Record<string, Record<string, string[]>>}
 */
export const groups = {
  'adapters/src': {
    'embedded-postgres': [],
    egress: [],
    'object-store': [],
    rabbitmq: [],
    redis: [],
    sms: [],
    syslog: [],
    smtp: [],
    backup: ['object-store'],
  },
  'cli/src': {
    doctor: [],
    tables: [],
    import: ['tables'],
    target: [],
    compare: [],
    replay: ['tables', 'target'],
    cases: ['replay', 'tables', 'target'],
    commands: ['cases', 'compare', 'doctor', 'import', 'replay', 'tables', 'target'],
  },
  'engine/src/shards': {
    tables: [],
    nodes: [],
    plans: ['tables'],
    schema: ['nodes', 'plans', 'tables'],
    placement: ['nodes', 'schema', 'tables'],
    distribution: ['nodes', 'placement', 'plans', 'schema', 'tables'],
  },
  'server/src/accounts': {
    attempts: [],
    sessions: [],
    notices: ['sessions'],
    'second-factors': ['notices', 'sessions'],
    passwords: ['notices', 'second-factors', 'sessions'],
    emails: ['notices', 'second-factors', 'sessions'],
  },
  'server/src/compose': {
    placement: [],
    pools: [],
    database: ['placement', 'pools'],
    shards: ['database', 'placement', 'pools'],
    jobs: ['database', 'pools', 'shards'],
  },
  'server/src/edge': {
    errors: [],
    authentication: ['errors'],
    bodies: ['errors'],
    connections: ['errors'],
    overload: ['errors'],
    headers: ['authentication', 'errors'],
    'rate-limits': ['connections', 'errors'],
  },
  'server/src/messages': {
    texts: [],
    'logo-image': [],
    rendering: ['texts'],
    templates: ['rendering', 'texts'],
    'account-mails': ['rendering', 'templates', 'texts'],
    'patient-messages': ['rendering', 'templates', 'texts'],
    previews: ['account-mails', 'logo-image', 'patient-messages', 'rendering', 'templates'],
  },
  'server/src/rest': {
    responses: [],
    guards: [],
    'calendar-feed': [],
    'theatre-report': ['responses'],
    auth: ['guards'],
    resources: ['calendar-feed', 'guards', 'responses', 'theatre-report'],
  },
  'web/src/features/theatre': {
    draft: [],
    case: ['draft'],
    book: ['case', 'draft'],
    requests: ['book', 'case', 'draft'],
    board: ['book', 'case', 'draft', 'requests', 'setup'],
    setup: ['case', 'draft'],
    report: ['setup'],
  },
  'web/src/lib': {
    i18n: [],
    'secret-links': [],
    time: [],
    api: ['time'],
    queries: ['api'],
    session: ['api'],
    live: ['api', 'queries'],
  },
  'web/src/ui': {
    buttons: [],
    fields: [],
    focus: [],
    tabs: [],
    states: ['buttons', 'focus'],
    dialogs: ['buttons', 'focus', 'states'],
  },
}

/**
 * The beginning of the names of the folder's rules.
 *
 * @param {string} folder
 */
export const groupName = (folder) => folder.replace('/src', '').replace('/', '-')
