import { ofKind } from '@holdfast/testkit'
import { slotLimits } from '@holdfast/vocabulary'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SlotRule } from '../model/slot.ts'
import { expandSlotRule } from './slot-rule.ts'

const everyDay = [1, 2, 3, 4, 5, 6, 7]

function aRule(rule: Partial<SlotRule> & { from: string }): SlotRule {
  return {
    to: rule.from,
    weekdays: everyDay,
    startTime: '00:00',
    endTime: '24:00',
    slotMinutes: 60,
    breaks: [],
    capacity: 1,
    ...rule,
  }
}

/** `now` is the rule's first day, because the tests use past days. */
function expand(rule: SlotRule, zone: string) {
  return expandSlotRule(rule, zone, new Date(`${rule.from}T00:00:00Z`))
}

function drafts(rule: SlotRule, zone: string) {
  return ofKind(expand(rule, zone), 'expanded').drafts
}

function localStarts(rule: SlotRule, zone: string): string[] {
  return drafts(rule, zone).map(({ startsAt }) => wall(startsAt, zone))
}

function wall(at: Date, zone: string): string {
  return at.toTemporalInstant().toZonedDateTimeISO(zone).toPlainDateTime().toString({ smallestUnit: 'minute' })
}

describe('an ordinary day', () => {
  test('slots follow one another from the start; a last partial one is not created', () => {
    const rule = aRule({ from: '2026-11-02', startTime: '08:00', endTime: '09:10', slotMinutes: 20, capacity: 3 })
    expect(drafts(rule, 'America/Sao_Paulo')).toEqual([
      { startsAt: new Date('2026-11-02T11:00Z'), endsAt: new Date('2026-11-02T11:20Z'), capacity: 3 },
      { startsAt: new Date('2026-11-02T11:20Z'), endsAt: new Date('2026-11-02T11:40Z'), capacity: 3 },
      { startsAt: new Date('2026-11-02T11:40Z'), endsAt: new Date('2026-11-02T12:00Z'), capacity: 3 },
    ])
  })

  test('a break removes the slots that overlap it, not those that touch it', () => {
    const rule = aRule({
      from: '2026-11-02',
      startTime: '08:00',
      endTime: '11:00',
      slotMinutes: 30,
      breaks: [{ startTime: '09:00', endTime: '09:45' }],
    })
    const starts = ['08:00', '08:30', '10:00', '10:30']
    expect(localStarts(rule, 'UTC')).toEqual(starts.map((time) => `2026-11-02T${time}`))
  })

  test('only the rule’s weekdays, both ends included', () => {
    const rule = aRule({ from: '2026-11-02', to: '2026-11-09', weekdays: [1, 3], startTime: '08:00', endTime: '09:00' })
    const days = ['2026-11-02', '2026-11-04', '2026-11-09']
    expect(localStarts(rule, 'Europe/Berlin')).toEqual(days.map((day) => `${day}T08:00`))
  })

  test('24:00 ends a day', () => {
    const rule = aRule({ from: '2026-11-02', startTime: '23:30', slotMinutes: 15 })
    expect(localStarts(rule, 'UTC')).toEqual(['2026-11-02T23:30', '2026-11-02T23:45'])
  })
})

describe('daylight saving', () => {
  test.each([
    ['America/New_York', '2026-03-08', ['02']],
    ['Europe/Berlin', '2026-03-29', ['02']],
    ['America/Sao_Paulo', '2018-11-04', ['00']],
    ['Australia/Lord_Howe', '2026-10-04', ['02']],
  ])('%s skips the hour that does not exist on %s', (zone, from, missing) => {
    const hours = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'))
    const expected = hours.filter((hour) => !missing.includes(hour)).map((hour) => `${from}T${hour}:00`)
    expect(localStarts(aRule({ from }), zone)).toEqual(expected)
  })

  test.each([
    ['America/New_York', '2026-11-01', '01:00', '2026-11-01T05:00Z'],
    ['Europe/Berlin', '2026-10-25', '02:00', '2026-10-25T00:00Z'],
    ['America/Sao_Paulo', '2018-02-17', '23:00', '2018-02-18T01:00Z'],
    ['Australia/Lord_Howe', '2026-04-05', '01:30', '2026-04-04T14:30Z'],
  ])('in %s on %s, %s happens twice: the first is used', (zone, from, startTime, first) => {
    const minutes = startTime.endsWith('30') ? 30 : 60
    const all = drafts(aRule({ from, slotMinutes: minutes }), zone)
    expect(all).toHaveLength(1_440 / minutes)
    const twice = all.filter(({ startsAt }) => wall(startsAt, zone) === `${from}T${startTime}`)
    expect(twice.map(({ startsAt }) => startsAt)).toEqual([new Date(first)])
  })

  test('a day that a zone never had has no slots', () => {
    const rule = aRule({ from: '2011-12-29', to: '2011-12-31', startTime: '08:00', endTime: '09:00' })
    expect(localStarts(rule, 'Pacific/Apia')).toEqual(['2011-12-29T08:00', '2011-12-31T08:00'])
  })

  test('a slot that ends when the missing hour begins is created, whatever the end of work or a break there', () => {
    const rule = aRule({ from: '2026-03-08', startTime: '01:45', endTime: '02:00', slotMinutes: 15 })
    expect(drafts(rule, 'America/New_York')).toEqual([
      { startsAt: new Date('2026-03-08T06:45Z'), endsAt: new Date('2026-03-08T07:00Z'), capacity: 1 },
    ])
    const withBreak = { ...rule, endTime: '04:00', breaks: [{ startTime: '02:00', endTime: '03:30' }] }
    expect(localStarts(withBreak, 'America/New_York').slice(0, 2)).toEqual(['2026-03-08T01:45', '2026-03-08T03:30'])
    expect(localStarts(aRule({ from: '2018-11-03', startTime: '23:00' }), 'America/Sao_Paulo')).toEqual([
      '2018-11-03T23:00',
    ])
  })

  test('a slot across the missing hour has its full length, or is not created if it would overlap something', () => {
    const rule = aRule({ from: '2026-03-08', startTime: '00:30', endTime: '05:00' })
    const free = drafts(rule, 'America/New_York')
    expect(free.map(({ startsAt }) => wall(startsAt, 'America/New_York').slice(11))).toEqual([
      '00:30',
      '01:30',
      '03:30',
    ])
    expect(free.every(({ startsAt, endsAt }) => endsAt.getTime() - startsAt.getTime() === 3_600_000)).toBe(true)

    const starts = (change: Partial<SlotRule>) =>
      localStarts({ ...rule, ...change }, 'America/New_York').map((local) => local.slice(11))
    expect(starts({ endTime: '03:00' })).toEqual(['00:30'])
    expect(starts({ breaks: [{ startTime: '03:00', endTime: '03:30' }] })).toEqual(['00:30', '03:30'])
    expect(starts({ startTime: '01:30', slotMinutes: 45 })).toEqual(['03:00', '03:45'])
  })

  test('a slot that ends in the repeated hour is created, even if the clock repeats the time of a break', () => {
    const breaks = [{ startTime: '00:25', endTime: '02:01' }]
    const rule = aRule({ from: '2009-10-25', startTime: '00:25', endTime: '03:01', slotMinutes: 12, breaks })
    const last = drafts(rule, 'Europe/Berlin').at(-1)
    expect(last).toEqual({
      startsAt: new Date('2009-10-25T00:49Z'),
      endsAt: new Date('2009-10-25T01:01Z'),
      capacity: 1,
    })
  })

  const zones = ['America/New_York', 'Europe/Berlin', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC']
  const twoDigits = (value: number) => String(value).padStart(2, '0')
  const isFirstTime = (at: Temporal.ZonedDateTime) =>
    at.toPlainDateTime().toZonedDateTime(at.timeZoneId, { disambiguation: 'earlier' }).equals(at)
  const timeOf = (minutes: number) => `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`

  test('for any rule: full length, the rule’s times, within work, and no overlap with breaks or other slots', () => {
    const anyRule = fc.record({
      zone: fc.constantFrom(...zones),
      from: fc
        .integer({ min: 0, max: 20 * 365 })
        .map((day) => Temporal.PlainDate.from('2008-01-01').add({ days: day }).toString()),
      days: fc.integer({ min: 0, max: 40 }),
      start: fc.integer({ min: 0, max: 1_400 }),
      length: fc.integer({ min: 1, max: 1_440 }),
      slotMinutes: fc.integer({ min: 5, max: 200 }),
      pause: fc.option(
        fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), minutes: fc.integer({ min: 1, max: 200 }) }),
      ),
    })
    fc.assert(
      fc.property(anyRule, ({ zone, from, days, start, length, slotMinutes, pause }) => {
        const end = Math.min(1_440, start + length)
        const pauseStart = pause === null ? 0 : start + Math.floor((end - start - 1) * pause.at)
        const pauseEnd = pause === null ? 0 : Math.min(end, pauseStart + pause.minutes)
        const breaks = pauseEnd > pauseStart ? [{ startTime: timeOf(pauseStart), endTime: timeOf(pauseEnd) }] : []
        const to = Temporal.PlainDate.from(from).add({ days }).toString()
        const rule = aRule({ from, to, startTime: timeOf(start), endTime: timeOf(end), slotMinutes, breaks })
        const outcome = expand(rule, zone)
        if (outcome.kind !== 'expanded')
          return outcome.kind === 'too_many_slots' && outcome.count > slotLimits.slotsPerCallMax
        let previousEnd = Number.NEGATIVE_INFINITY
        for (const { startsAt, endsAt } of outcome.drafts) {
          expect(endsAt.getTime() - startsAt.getTime()).toBe(slotMinutes * 60_000)
          expect(startsAt.getTime()).toBeGreaterThanOrEqual(previousEnd)
          previousEnd = endsAt.getTime()
          const local = startsAt.toTemporalInstant().toZonedDateTimeISO(zone)
          const minute = local.hour * 60 + local.minute
          expect((minute - start) % slotMinutes).toBe(0)
          expect(isFirstTime(local)).toBe(true)
          const lastMinute = local.add({ minutes: slotMinutes - 1 })
          // A slot may end in a repeated hour: the clock then shows an earlier time, or that of a past break.
          for (const at of [local, lastMinute].filter(isFirstTime)) {
            const minuteOfDay = at.hour * 60 + at.minute
            expect(minuteOfDay >= start && minuteOfDay < end).toBe(true)
            if (breaks.length > 0) expect(minuteOfDay >= pauseStart && minuteOfDay < pauseEnd).toBe(false)
          }
        }
        return true
      }),
      { numRuns: 60 },
    )
  })

  test('without a clock change, a rule creates every slot of every day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 1_440 }), fc.integer({ min: 0, max: 10 }), (slotMinutes, days) => {
        const to = Temporal.PlainDate.from('2026-06-01').add({ days }).toString()
        const created = drafts(aRule({ from: '2026-06-01', to, slotMinutes }), 'Europe/Berlin')
        return created.length === Math.floor(1_440 / slotMinutes) * (days + 1)
      }),
    )
  })
})

describe('an invalid rule is refused with the path of the fault', () => {
  const good = aRule({ from: '2026-11-02', startTime: '08:00', endTime: '12:00' })

  test.each<[string, Partial<SlotRule>]>([
    ['/from', { from: '2026-02-30' }],
    ['/from', { from: '2026-11-02T00:00' }],
    ['/from', { from: '2023-11-02', to: '2026-11-02' }],
    ['/to', { to: 'tomorrow' }],
    ['/to', { to: '2026-11-01' }],
    ['/to', { to: '2028-11-03' }],
    ['/startTime', { startTime: '24:00' }],
    ['/startTime', { startTime: '8:00' }],
    ['/endTime', { endTime: '08:00' }],
    ['/endTime', { endTime: '07:00' }],
    ['/endTime', { endTime: '24:01' }],
    ['/breaks/0/endTime', { breaks: [{ startTime: '10:00', endTime: '09:00' }] }],
    ['/breaks/0', { breaks: [{ startTime: '07:00', endTime: '09:00' }] }],
    [
      '/breaks/1',
      {
        breaks: [
          { startTime: '09:00', endTime: '09:15' },
          { startTime: '11:00', endTime: '12:15' },
        ],
      },
    ],
  ])('%s: %j', (path, change) => {
    const outcome = expandSlotRule({ ...good, ...change }, 'Europe/Berlin', new Date('2026-11-02T00:00Z'))
    expect(outcome).toMatchObject({ kind: 'invalid_rule', path })
  })

  test('a step that is not positive throws instead of looping without end', () => {
    for (const slotMinutes of [0, -15, Number.NaN]) {
      expect(() => expand({ ...good, slotMinutes }, 'UTC')).toThrow(RangeError)
    }
  })

  test('more slots than one call creates: the count is reported', () => {
    const rule = aRule({ from: '2026-11-02', to: '2027-11-01', slotMinutes: 5 })
    expect(expand(rule, 'UTC')).toEqual({ kind: 'too_many_slots', count: 365 * 288, countMax: 10_000 })
  })

  test('two years ahead of the clinic’s day is the last possible day', () => {
    const now = new Date('2026-11-02T23:30Z')
    const rule = aRule({ from: '2028-11-03', startTime: '08:00', endTime: '09:00' })
    expect(expandSlotRule(rule, 'Europe/Berlin', now).kind).toBe('expanded')
    expect(expandSlotRule(rule, 'UTC', now)).toMatchObject({ kind: 'invalid_rule', path: '/to' })
  })
})
