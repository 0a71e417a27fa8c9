import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'

const file = new URL('./stop-with-parent.ts', import.meta.url).href
const program = `
  import { stopWithParent } from '${file}'
  process.on('SIGTERM', () => { console.log('stopped'); process.exit() })
  stopWithParent()
  console.log(process.pid)
  setInterval(() => undefined, 1e6)`

test('a program of npm stops when npm is killed', async () => {
  const args = ['-c', '"$0" --input-type=module -e "$1" & wait', process.execPath, program]
  const env = { ...process.env, npm_lifecycle_event: 'start' }
  const shell = spawn('sh', args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]()
  const pid = Number((await lines.next()).value)
  try {
    expect(shell.kill('SIGKILL')).toBe(true)
    await once(shell, 'exit')
    expect((await lines.next()).value).toBe('stopped')
  } finally {
    stopIfRunning(pid)
  }
})

function stopIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
