import { secretSetting, setting } from './setting.ts'
import * as kinds from './setting-kinds.ts'

/** What several processes share besides the database. */
export const redisSettings = {
  redisUrl: secretSetting(
    'REDIS_URL',
    'each process counts for itself, and sessions that another one ends, end within 3 seconds',
    'Redis, with its credentials: all processes count rate limits together in it, and notify each other of ' +
      'sessions that end. It stores no personal data.',
    kinds.redisUrl,
  ),
  redisCallMsMax: setting(
    'HOLDFAST_REDIS_MS_MAX',
    '50',
    'How many milliseconds a request waits for Redis. Then it is counted by this process alone.',
    kinds.wholeNumber(5, 10_000),
  ),
}
