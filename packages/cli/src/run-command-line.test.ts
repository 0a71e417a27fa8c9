import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { runCaptured } from '../test/captured-context.ts'

describe('the command line', () => {
  test('without a command lists the commands, and exits 2', async () => {
    const { code, out } = await runCaptured([])
    expect(code).toBe(2)
    expect(out.join('\n')).toMatch(/start .*worker .*migrate .*verify .*doctor .*archive .*admin .*import .*replay /s)
  })

  test.each([[['--help']], [['replay', 'appointments', '--help']], [['import', '-h']], [['help', 'verify']]])(
    '%j shows help, and exits 0',
    async (args) => {
      const { code, out, err } = await runCaptured(args)
      expect(code).toBe(0)
      expect(out.join('\n')).toMatch(/^Usage: holdfast/)
      expect(err).toEqual([])
    },
  )

  test.each([
    [['strat'], "unknown command 'strat'", 'start'],
    [['strat', '--help'], "unknown command 'strat'", 'start'],
    [['--help', 'strat'], "unknown command 'strat'", 'start'],
    [['admin', 'crate', '--help'], "unknown command 'crate'", 'create'],
    [['help', 'strat'], '', ''],
    [['verify', '--jsn'], "unknown option '--jsn'", '--json'],
    [['verify', 'extra'], 'too many arguments', ''],
    [['admin'], '', ''],
    [['admin', 'create'], "required option '--email <address>' not specified", ''],
    [['replay', 'appointments'], "missing required argument 'file'", ''],
    [['replay', 'appointments', 'f', '--capacity', '0'], 'Expected a number above 0, at most 1000', ''],
    [['replay', 'appointments', 'f', '--capacity', '1e3'], "'1e3' is invalid", ''],
    [['replay', 'appointments', 'f', '--concurrency', '0'], 'Expected a whole number from 1 to 1024', ''],
    [['import'], 'name a file', ''],
    [['import', 'clinics.csv'], 'is not a .json file', ''],
    [['admin', 'create', '--email', 'nobody'], '"nobody" is not an e-mail address', ''],
    [['admin', 'create', '--email', 'a@b.c', '--name', 'Ada\u202eevoL'], 'is not one line of text', ''],
    [['admin', 'create', '--email', 'a@b.c', '--password-stdin'], 'contains no password', ''],
  ])('%j is refused with one clear message', async (args, message, suggestion) => {
    const { code, err } = await runCaptured(args)
    expect(code).toBe(args.includes('--password-stdin') ? 1 : 2)
    expect(err.join('\n')).toContain(message)
    expect(err.join('\n')).toContain(suggestion)
    expect(err.join('\n')).not.toMatch(/^\s+at /m)
  })

  test('an error is one line without a stack, unless HOLDFAST_LOG_LEVEL is debug', async () => {
    const plain = await runCaptured(['replay', 'appointments', '/nowhere/file.csv'])
    expect(plain).toEqual({
      code: 1,
      out: [],
      err: ['error: there is no file or directory /nowhere/file.csv'],
    })
    const debug = await runCaptured(['replay', 'appointments', '/nowhere/file.csv'], { HOLDFAST_LOG_LEVEL: 'debug' })
    expect(debug.err.join('\n')).toMatch(/Error: ENOENT/)
  })

  // An unreferenced channel ends a process of tests whenever it has nothing else to wait for.
  test.each(['start', 'worker'])('%s leaves the channel of the process that called it alone', async (command) => {
    const unref = vi.spyOn(process.channel ?? expect.unreachable('Tests run in a process with a channel.'), 'unref')
    onTestFinished(() => unref.mockRestore())
    const listeners = process.listenerCount('disconnect')
    const { code } = await runCaptured([command], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', PORT: '0' })
    expect(code).toBe(1)
    expect(unref).not.toHaveBeenCalled()
    expect(process.listenerCount('disconnect')).toBe(listeners)
  })

  test.each(['start', 'worker'])('%s starts nothing if a signal arrived while it was loaded', async (command) => {
    const lines = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    onTestFinished(() => lines.mockRestore())
    const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', PORT: '0' }
    const { code } = await runCaptured([command], env, { signal: AbortSignal.abort('SIGTERM') })
    expect(code).toBe(0)
    expect(lines.mock.calls).toEqual([['Stopped before it was ready.']])
  })

  test('a wrong setting is named with its value and what was expected, a secret without its value', async () => {
    const { code, err } = await runCaptured(['verify'], { PORT: 'seventy', DATABASE_URL: 'http://secret' })
    expect(code).toBe(1)
    expect(err.join('\n')).toContain('PORT: "seventy" is not a whole number')
    expect(err.join('\n')).toContain('DATABASE_URL')
    expect(err.join('\n')).not.toContain('secret"')
    expect(err.at(-1)).toBe('error: 2 settings are wrong')
  })

  test('an unreachable database is reported with the setting to check', async () => {
    const { code, err } = await runCaptured(['verify'], { DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none' })
    expect(code).toBe(1)
    expect(err).toEqual([expect.stringMatching(/^error: The database cannot be used: .*ECONNREFUSED.*DATABASE_URL/)])
    expect(err.join('')).not.toContain(':x@')
  })
})
