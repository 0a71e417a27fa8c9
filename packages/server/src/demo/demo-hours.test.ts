import { expect, test } from 'vitest'
import { demoHours } from './demo-hours.ts'

const at = (time: string) => new Date(`2026-11-23T${time}:00Z`)
const [monday, tuesday] = [1, 2]
const usual = (weekday: number) => ({ weekday, from: '07:00', to: '19:00' })
const hoursOf = (weekday: number, from: Date, to: Date) =>
  demoHours(from, to, 'Europe/London').filter((one) => one.weekday === weekday)

test('a theatre that is started by day has its usual hours', () => {
  expect(demoHours(at('09:35'), at('13:25'), 'Europe/London')).toEqual([1, 2, 3, 4, 5, 6, 7].map(usual))
})

test('the cases of an evening, of a night and of an early morning are within its hours', () => {
  expect(hoursOf(monday, at('18:35'), at('22:25'))).toEqual([{ weekday: monday, from: '07:00', to: '23:00' }])
  expect(hoursOf(monday, at('22:35'), new Date('2026-11-24T02:25:00Z'))).toEqual([
    { weekday: monday, from: '07:00', to: '24:00' },
  ])
  expect(hoursOf(tuesday, at('22:35'), new Date('2026-11-24T02:25:00Z'))).toEqual([
    { weekday: tuesday, from: '00:00', to: '03:00' },
    usual(tuesday),
  ])
  expect(hoursOf(monday, at('04:35'), at('08:25'))).toEqual([{ weekday: monday, from: '04:00', to: '19:00' }])
})
