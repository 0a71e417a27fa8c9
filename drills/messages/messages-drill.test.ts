import { randomInt } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whyNoRabbit } from '@holdfast/testkit/rabbit-server'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Ending } from '../cluster/ending.ts'
import { whyNoCluster } from '../cluster/programs.ts'
import { type JournalledBooking, messageFaults, type Outcome } from './message-faults.ts'
import { allKills } from './message-kills.ts'
import { type MessageStage, setUpMessages } from './message-stage.ts'
import { plantedFindings, plantMessageBugs } from './plant-message-bugs.ts'
import { failuresOfMessages, killUnderLoad, messagePlaces } from './run-messages-drill.ts'

/** Longer than all waits that may follow each other. A step that takes too long fails before, by its name. */
vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 900_000 })

const reason = whyNoCluster(['setpriv']) ?? whyNoRabbit()
if (reason !== null) console.warn(`Messages and events while everything is killed are not tested here: ${reason}`)

describe.runIf(reason === null)('the broker, the worker, the API and the mail server are killed', () => {
  const ending = new Ending()
  const seed = randomInt(1_000_000)
  const options = { seconds: 1, seed, clients: 8, say: () => undefined }
  let stage: MessageStage
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hf-messages-'))
    await chmod(directory, 0o711)
    stage = await setUpMessages({ ...options, directory, places: messagePlaces(options.seconds) }, ending)
  })
  afterAll(async () => {
    await ending.run()
    await rm(directory, { recursive: true, force: true })
  })

  test('events arrive, in order for each booking; each e-mail once, at most once more per interruption', async () => {
    const result = await killUnderLoad(stage, { ...options, kill: allKills })
    expect({ seed, failures: failuresOfMessages(result) }).toEqual({ seed, failures: [] })
    expect(result.killed).toEqual(Object.fromEntries(allKills.map((name) => [name, 1])))
    expect(result.events.due).toBeGreaterThanOrEqual(50)
    expect(result.mails.due).toBeGreaterThanOrEqual(10)
    expect(result.failedRequests).toBeGreaterThan(0)
  })

  test('negative control: lost and reversed events, and e-mails that are not recorded, are found', async () => {
    const heldBack = await plantMessageBugs(stage, ending)
    const second = { ...options, seed: seed + 1_000, kill: [] }
    const { faults, mails } = await killUnderLoad(stage, second, heldBack)
    for (const finding of plantedFindings) expect(faults).toContainEqual(expect.stringContaining(finding))
    expect(mails.repeated).toBeGreaterThan(0)
  })
})

const at = ['2030-05-01T10:00:00.000Z', '2030-05-02T10:00:00.000Z'] as const
const booking: JournalledBooking = {
  id: 'b1',
  email: 'ada@example.org',
  changes: [
    { version: 1, what: 'created', startsAt: at[0] },
    { version: 2, what: 'confirmed', startsAt: at[0] },
    { version: 3, what: 'moved', startsAt: at[1] },
  ],
}

const anEvent = (version: number) => {
  const { what, startsAt } = booking.changes[version - 1] ?? { what: 'none', startsAt: '' }
  return { id: `b1.${version}.${Date.parse(startsAt)}`, type: `booking.${what}`, startsAt }
}

const aMail = (version: number, to = booking.email, method = 'REQUEST') => ({
  messageId: `m${version}@clinic.example.org`,
  recipients: [to],
  subject: '',
  calendar: [
    `METHOD:${method}`,
    'UID:b1@holdfast',
    `SEQUENCE:${version}`,
    `DTSTART:2030050${version < 3 ? 1 : 2}T100000Z`,
  ].join('\r\n'),
})

const aPlan = (version: number, state: string, failure: string | null = null, attemptsLost = 0) => ({
  id: `m${version}`,
  bookingId: 'b1',
  version,
  kind: 'moved',
  state,
  failure,
  attemptsLost,
})

const outcome = (more: Partial<Outcome>): Outcome => ({
  journal: [booking],
  events: [1, 2, 3].map(anEvent),
  mails: [aMail(2), aMail(3)],
  planned: [aPlan(2, 'sent'), aPlan(3, 'sent')],
  interrupted: new Map(),
  ...more,
})

test.for<[string, Partial<Outcome>]>([
  ['all of it', {}],
  ['events again, after they came in order', { events: [1, 2, 1, 2, 3, 1].map(anEvent) }],
  [
    'an event after a later one, which the broker delivers again',
    { events: [anEvent(2), { ...anEvent(1), isRedelivered: true }, anEvent(3)] },
  ],
  [
    'an e-mail twice, which was being sent when a process ended',
    {
      mails: [aMail(2), aMail(3), aMail(3)],
      interrupted: new Map([['m3', 1]]),
    },
  ],
  [
    'the last e-mail alone, because the move came before the first',
    {
      mails: [aMail(3)],
      planned: [aPlan(2, 'skipped'), aPlan(3, 'sent')],
    },
  ],
  [
    'an e-mail that two workers were sending when they ended',
    {
      mails: [aMail(2)],
      planned: [aPlan(2, 'sent'), aPlan(3, 'failed', 'unknown', 2)],
      interrupted: new Map([['m3', 2]]),
    },
  ],
])('the comparison accepts %s', ([, more]) => {
  expect(messageFaults(outcome(more)).faults).toEqual([])
})

test.for<[string, Partial<Outcome>, string]>([
  ['a lost event', { events: [1, 3].map(anEvent) }, 'did not arrive: 2'],
  ['events in the wrong order', { events: [1, 3, 2].map(anEvent) }, 'wrong order: 1,3,2'],
  ['an event of a change that nobody made', { events: [1, 2, 3, 4].map(anEvent) }, 'was acknowledged: 4'],
  [
    'an event of another change',
    { events: [{ ...anEvent(1), type: 'booking.failed' }, anEvent(2), anEvent(3)] },
    'not created',
  ],
  [
    'an event of another booking',
    { events: [1, 2, 3].map(anEvent).concat({ ...anEvent(1), id: 'b2.1' }) },
    'b2, which nobody',
  ],
  [
    'an event under two ids',
    { events: [1, 2, 3].map(anEvent).concat({ ...anEvent(1), id: 'b1.1.7' }) },
    'two events of one version',
  ],
  ['an e-mail twice without a crash', { mails: [aMail(2), aMail(3), aMail(3)] }, 'arrived 2 times'],
  [
    'an e-mail three times after one crash',
    {
      mails: [aMail(2), aMail(3), aMail(3), aMail(3)],
      interrupted: new Map([['m3', 1]]),
    },
    'arrived 3 times',
  ],
  ['an e-mail that did not arrive', { mails: [aMail(2)] }, 'b1.3 (moved, the last, sent) did not arrive'],
  ['a last e-mail that was never planned', { mails: [aMail(2)], planned: [aPlan(2, 'sent')] }, 'was not sent'],
  [
    'a last e-mail that was skipped',
    { mails: [aMail(2)], planned: [aPlan(2, 'sent'), aPlan(3, 'skipped')] },
    'was not sent',
  ],
  [
    'an e-mail given up without two crashes',
    { mails: [aMail(2)], planned: [aPlan(2, 'sent'), aPlan(3, 'failed', 'unknown', 2)] },
    'was not sent',
  ],
  [
    'an e-mail refused after two crashes',
    {
      mails: [aMail(2)],
      planned: [aPlan(2, 'sent'), aPlan(3, 'failed', 'refused', 2)],
      interrupted: new Map([['m3', 2]]),
    },
    'was not sent',
  ],
  [
    'an e-mail given up because the mail server ended twice',
    {
      mails: [aMail(2)],
      planned: [aPlan(2, 'sent'), aPlan(3, 'failed', 'unknown')],
      interrupted: new Map([['m3', 2]]),
    },
    'was not sent',
  ],
  [
    'two e-mails about one change',
    { mails: [aMail(2), aMail(3), { ...aMail(3), messageId: 'm4@clinic.example.org' }] },
    'arrived 2 times',
  ],
  ['a skipped e-mail that arrived', { planned: [aPlan(2, 'skipped'), aPlan(3, 'sent')] }, 'skipped) arrived'],
  ['an e-mail to somebody else', { mails: [aMail(2), aMail(3, 'eve@example.org')] }, 'went to eve@example.org'],
  ['an invitation to what was cancelled', { mails: [aMail(2), aMail(3, booking.email, 'CANCEL')] }, 'is a CANCEL'],
  ['an e-mail about a hold', { mails: [aMail(1), aMail(2), aMail(3)] }, 'announces nothing'],
  [
    'an e-mail with another time',
    { mails: [aMail(2), { ...aMail(3), calendar: aMail(3).calendar.replace('02T', '01T') }] },
    'is for 20300501T100000Z',
  ],
])('the comparison finds %s', ([, more, finding]) => {
  expect(messageFaults(outcome(more)).faults).toContainEqual(expect.stringContaining(finding))
})
