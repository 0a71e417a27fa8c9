import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createLogger, describeError, wordsOf } from './logger.ts'

test('an error is logged with type, code and location, without the values it quotes', () => {
  const cause = Object.assign(new Error('Key (email)=(ada@example.org) already exists'), {
    code: '23505',
    constraint: 'user_email_key',
    detail: 'Failing row contains (Ada Lovelace)',
    parameters: ['Ada Lovelace'],
  })
  const described = describeError(new TypeError(`invalid input "Ada Lovelace" for 'Ada'`, { cause }))
  expect(described).toMatchObject({ type: 'TypeError', message: `invalid input "…" for '…'` })
  expect(described.stack).toContain('logger.test.ts')
  expect(described.cause).toMatchObject({ code: '23505', constraint: 'user_email_key' })
  expect(JSON.stringify(described)).not.toMatch(/Ada|ada@/)
})

test.each([
  'invalid input syntax for type uuid: "{"Ada Lovelace"}"',
  `malformed array literal: "{"a","Ada"}"`,
  `invalid input syntax for type json: Token "Ada`,
  `unterminated 'quoted "Ada' and "Ada`,
])('quotes inside a quoted value do not show it: %s', (message) => {
  expect(JSON.stringify(describeError(new Error(message)))).not.toContain('Ada')
})

test('a connection that all addresses of a server have refused is logged with their messages', () => {
  const refused = [new Error('connect ECONNREFUSED ::1:5432'), new Error('connect ECONNREFUSED 127.0.0.1:5432')]
  const message = 'connect ECONNREFUSED ::1:5432; connect ECONNREFUSED 127.0.0.1:5432'
  expect(describeError(new AggregateError(refused))).toMatchObject({ type: 'AggregateError', message })
})

test('a thrown value that is not an error is not logged', () => {
  expect(JSON.stringify(describeError({ patient: 'Ada' }))).not.toContain('Ada')
})

test('lines are JSON with a time, and credentials in them are redacted', () => {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const log = createLogger('info', stream)
  log.debug('not this one')
  log.info({ headers: { authorization: 'Bearer secret', cookie: 'secret', 'set-cookie': 'secret' } }, 'hello')
  const line = JSON.parse(text)
  expect(line).toMatchObject({ level: 'info', msg: 'hello', pid: process.pid })
  expect(new Date(line.time).getTime()).toBeGreaterThan(0)
  expect(text).not.toContain('secret')
})

test('at a terminal, an error is shown with its causes, and what controls the terminal is escaped', () => {
  const lines: string[] = []
  const log = createLogger('info', { write: (line) => void lines.push(wordsOf(line)) })
  const cause = new Error('the server said \u001b[2J\u009b1m\r\nHoldfast is ready\u202e', { cause: new Error('reset') })
  log.warn({ err: new Error('no connection', { cause }), name: '\u0007', more: ['\u007f'] }, 'message\u001b]0;title')
  log.warn({ err: new Error('not stored: disk full', { cause: new Error('disk full') }) }, 'failed')
  expect(lines.map((line) => line.slice(9))).toEqual([
    'warn: message\\u001b]0;title (no connection: the server said \\u001b[2J\\u009b1m\\u000d\\u000aHoldfast is ready' +
      '\\u202e: reset, name: \\u0007, more: ["\\u007f"])\n',
    'warn: failed (not stored: disk full)\n',
  ])
})

test('at a terminal, a line has the time, the level if it is not info, the message, and what belongs to it', () => {
  const lines: string[] = []
  const log = createLogger('info', { write: (line) => void lines.push(wordsOf(line)) })
  log.info('server starts')
  log.warn({ err: new Error('connection lost'), tries: 2 }, 'not reached')
  expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d/, 'TIME'))).toEqual([
    'TIME server starts\n',
    'TIME warn: not reached (connection lost, tries: 2)\n',
  ])
})
