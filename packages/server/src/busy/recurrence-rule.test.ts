// Rest: random rules, beside a second implementation
import { seededRandom } from '@holdfast/testkit'
import rrule from 'rrule'
import { describe, expect, test } from 'vitest'
import { UnreadableEvent } from './left-out.ts'
import { occurrencesOf, ruleIn } from './recurrence-rule.ts'

const textOf = (ms: number) => new Date(ms).toISOString().slice(0, 16)

function ours(rule: string, startMs: number, [fromMs, untilMs]: readonly [number, number]): number[] {
  return [...occurrencesOf(ruleIn(rule), { startMs, lastMs: null, fromMs, untilMs })]
}

// The dates that RFC 5545, section 3.8.5.3, gives for its rules, with the year where it changes.
describe.each([
  ['1997-05-12', 'FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', ['1997-05-12', '1998-05-11', '1999-05-17']],
  ['1997-05-19', 'FREQ=YEARLY;BYDAY=20MO', ['1997-05-19', '1998-05-18', '1999-05-17']],
  [
    '1996-11-05',
    'FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8',
    ['1996-11-05', '2000-11-07', '2004-11-02'],
  ],
  [
    '1997-01-01',
    'FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200',
    ['1997-01-01', '1997-04-10', '1997-07-19', '2000-01-01', '2000-04-09', '2000-07-18'],
  ],
  [
    '1997-09-02',
    'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13',
    ['1998-02-13', '1998-03-13', '1998-11-13', '1999-08-13', '2000-10-13'],
  ],
  [
    '1997-09-28',
    'FREQ=MONTHLY;BYMONTHDAY=-3',
    ['1997-09-28', '1997-10-29', '1997-11-28', '1997-12-29', '1998-01-29', '1998-02-26'],
  ],
  ['1997-09-04', 'FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3', ['1997-09-04', '1997-10-07', '1997-11-06']],
  [
    '1997-09-29',
    'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2',
    ['1997-09-29', '1997-10-30', '1997-11-27', '1997-12-30'],
  ],
  [
    '1997-08-05',
    'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO',
    ['1997-08-05', '1997-08-10', '1997-08-19', '1997-08-24'],
  ],
  [
    '1997-08-05',
    'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU',
    ['1997-08-05', '1997-08-17', '1997-08-19', '1997-08-31'],
  ],
  [
    '2007-01-15',
    'FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5',
    ['2007-01-15', '2007-01-30', '2007-02-15', '2007-03-15', '2007-03-30'],
  ],
] as const)('from %s, %s', (start, rule, expected) => {
  test(`gives ${expected.length} of the dates of RFC 5545`, () => {
    const startMs = Date.parse(`${start}T09:00Z`)
    const found = ours(rule, startMs, [startMs, Date.parse('2010-01-01')])
    expect(found.slice(0, expected.length).map(textOf)).toEqual(expected.map((day) => `${day}T09:00`))
  })
})

/** A rule by its parts, as they are written. */
type Parts = Record<string, string | number | undefined>

const written = (parts: Parts) =>
  Object.entries(parts)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join(';')

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

const anyDays = [...numbers(1, 31), -1, -2, -31]
/** Others may never come, for which rrule looks until the year 9999, day by day in rules of days. */
const daysOfAllMonths = [...numbers(1, 28), -1, -2]

/** rrule counts the times of a day in the order of the rule. */
const inOrder = (list: string) =>
  list
    .split(',')
    .toSorted((a, b) => Number(a) - Number(b))
    .join(',')

/** Rules and their first times, by a seed. */
function randomRules(seed: number): () => { parts: Parts; startMs: number } {
  const random = seededRandom(seed)
  const isTrue = (share: number) => random() < share
  const between = (from: number, to: number) => from + Math.floor(random() * (to - from + 1))
  const one = <Item>(items: readonly Item[]) => items[between(0, items.length - 1)]
  const some = (items: readonly (string | number)[], countMax: number) =>
    [...new Set(numbers(1, between(1, countMax)).map(() => one(items)))].join(',')
  const often = <Value>(share: number, value: () => Value) => (isTrue(share) ? value() : undefined)
  const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
  const withOrdinal = (text: string) => text.replaceAll(/[A-Z]+/g, (day) => `${one([1, 2, 3, 4, 5, -1, -2])}${day}`)
  return () => {
    const FREQ = one([
      'YEARLY',
      'MONTHLY',
      'WEEKLY',
      'DAILY',
      'YEARLY',
      'MONTHLY',
      'WEEKLY',
      'DAILY',
      'HOURLY',
      'MINUTELY',
    ])
    const isShort = FREQ === 'HOURLY' || FREQ === 'MINUTELY'
    const hasLongPeriod = FREQ === 'YEARLY' || FREQ === 'MONTHLY'
    const BYWEEKNO = FREQ === 'YEARLY' ? often(0.25, () => some([...numbers(1, 53), -1, -2], 2)) : undefined
    const hasYearDay = FREQ === 'YEARLY' && BYWEEKNO === undefined
    const BYYEARDAY = hasYearDay ? often(0.2, () => some([...numbers(1, 366), -1, -10, -366], 3)) : undefined
    const hasMonthDay = FREQ !== 'WEEKLY' && BYWEEKNO === undefined && BYYEARDAY === undefined
    const hasOrdinal = isTrue(0.6) && (FREQ === 'MONTHLY' || hasYearDay)
    const days = BYWEEKNO === undefined ? often(0.5, () => some(weekdays, 3)) : some(weekdays, 3)
    const parts = {
      FREQ,
      INTERVAL: often(0.5, () => between(1, FREQ === 'MINUTELY' ? 90 : FREQ === 'HOURLY' ? 30 : 4)),
      BYMONTH: often(0.3, () => some(numbers(1, 12), 3)),
      BYWEEKNO,
      BYYEARDAY,
      BYMONTHDAY: hasMonthDay ? often(0.3, () => some(hasLongPeriod ? anyDays : daysOfAllMonths, 3)) : undefined,
      BYDAY: days !== undefined && hasOrdinal ? withOrdinal(days) : days,
      BYHOUR: often(0.15, () => inOrder(some(numbers(0, 23), 2))),
      BYMINUTE: often(0.1, () => inOrder(some(numbers(0, 59), 2))),
      WKST: often(0.3, () => one(['SU', 'MO', 'WE'])),
      COUNT: often(0.35, () => between(1, 40)),
    }
    const hasSet = hasLongPeriod && (parts.BYDAY ?? parts.BYMONTHDAY ?? parts.BYHOUR) !== undefined
    const BYSETPOS = hasSet ? often(0.2, () => one([1, 2, -1])) : undefined
    // So that not too many minutes are between the start and the range.
    const [year, month] = isShort ? [2026, 8] : [between(2020, 2027), between(0, 11)]
    const startMs = Date.UTC(year, month, between(1, 31), between(0, 23), between(0, 59))
    return { parts: { ...parts, BYSETPOS }, startMs }
  }
}

/**
 * rrule 2.8.1 skips hours by its own count of minutes: it gives 14:50 for every 75 minutes from midnight, and does not
 * finish FREQ=MINUTELY;BYDAY=FR;BYHOUR=20. For every second hour at an odd hour it looks until the year 9999, and
 * long for every 28 hours in some months.
 */
const isLeftOut = ({ FREQ, INTERVAL, BYMONTH, BYHOUR, BYMINUTE }: Parts) =>
  (FREQ === 'MINUTELY' || FREQ === 'HOURLY') &&
  ((BYHOUR ?? BYMINUTE) !== undefined || (INTERVAL !== undefined && BYMONTH !== undefined))

/** rrule-temporal 2.2.8 takes the weekdays for further days, so that these rules are refused. */
const isRefused = ({ FREQ, BYDAY, BYMONTHDAY, BYYEARDAY }: Parts) =>
  BYDAY !== undefined &&
  ((FREQ === 'YEARLY' && BYYEARDAY !== undefined) || (/\d/.test(String(BYDAY)) && BYMONTHDAY !== undefined))

function ofRrule(parts: Parts, startMs: number, [fromMs, untilMs]: readonly [number, number]): number[] {
  const utc = (ms: number) => new Date(ms).toISOString().replaceAll(/[-:]|\.000/g, '')
  const rule = rrule.rrulestr(`DTSTART:${utc(startMs)}\nRRULE:${written(parts)};UNTIL=${utc(untilMs)}`)
  return rule.between(new Date(fromMs), new Date(untilMs - 1), true).map(Number)
}

/** Rules for which the two libraries differ. `planted`: what our library is given instead. */
function differences(seed: number, count: number, planted: (rule: string) => string = (rule) => rule): string[] {
  const next = randomRules(seed)
  const different: string[] = []
  for (let compared = 0; compared < count; ) {
    const { parts, startMs } = next()
    const rule = written(parts)
    if (isRefused(parts)) expect(() => ruleIn(rule), rule).toThrow(UnreadableEvent)
    if (isRefused(parts) || isLeftOut(parts)) continue
    const isShort = parts.FREQ === 'HOURLY' || parts.FREQ === 'MINUTELY'
    const range = [Date.UTC(2026, 9, 1), isShort ? Date.UTC(2026, 9, 5) : Date.UTC(2028, 9, 10)] as const
    const expected = ofRrule(parts, startMs, range)
    if (String(ours(planted(rule), startMs, range)) !== String(expected)) different.push(`${textOf(startMs)} ${rule}`)
    compared += 1
  }
  return different
}

const seed = 20261128

test(`600 random rules are expanded as rrule does, by the seed ${seed}`, { timeout: 300_000 }, () => {
  expect(differences(seed, 600)).toEqual([])
})

test('a rule that is read without its BYSETPOS, or with another start of the week, is noticed', {
  timeout: 60_000,
}, () => {
  expect(differences(seed, 60, (rule) => rule.replace(/;BYSETPOS=[^;]+/, ''))).not.toEqual([])
  expect(differences(seed, 60, (rule) => rule.replace(/WKST=../, 'WKST=TH'))).not.toEqual([])
})
