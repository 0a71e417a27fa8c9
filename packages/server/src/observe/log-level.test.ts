import { expect, test } from 'vitest'
import type { Config } from '../config/config.ts'
import { changeLevel, levelSignal, onLevelChange, switchLevelBySignal } from './log-level.ts'
import { createLogger } from './logger.ts'

type LogLevel = Config['logLevel']

/** A log whose lines are collected, and which follows the signal for as long as the test runs. */
function switched(configured: LogLevel) {
  const lines: Record<string, unknown>[] = []
  const log = createLogger(configured, { write: (line) => void lines.push(JSON.parse(line)) })
  return { log, lines, end: switchLevelBySignal(log, configured), signal: () => process.emit(levelSignal) }
}

test.each<[LogLevel, LogLevel]>([
  ['info', 'debug'],
  ['warn', 'debug'],
  ['silent', 'debug'],
  ['debug', 'info'],
  ['trace', 'info'],
])('from %s, a signal changes the level to %s and the next one back; each change is one line', (configured, other) => {
  const { log, lines, end, signal } = switched(configured)
  signal()
  expect(log.level).toBe(other)
  signal()
  expect(log.level).toBe(configured)
  end()
  signal()
  expect(log.level).toBe(configured)
  expect(lines).toMatchObject([
    { level: 'info', msg: 'log level changed', logLevel: other, former: configured },
    { level: 'info', msg: 'log level changed', logLevel: configured, former: other },
  ])
})

test('the log of a shard, which is a child of the log, follows', () => {
  const { log, lines, end, signal } = switched('info')
  const ofShard = log.child({ shard: 'north' })
  signal()
  ofShard.debug('shown')
  signal()
  ofShard.debug('not shown')
  end()
  expect(lines.map(({ msg }) => msg)).toEqual(['log level changed', 'shown', 'log level changed'])
})

test('other processes get each change once, until they have ended', () => {
  const log = createLogger('info', { write: () => undefined })
  const sent: string[] = []
  const unfollow = onLevelChange(log, (logLevel) => sent.push(logLevel))
  for (const level of ['debug', 'debug', 'info'] as const) changeLevel(log, level)
  unfollow()
  changeLevel(log, 'debug')
  expect(sent).toEqual(['debug', 'info'])
})
