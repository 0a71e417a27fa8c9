import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'

/** What a command printed, and how it ended. */
export type Ran = { code: number; out: string }

/** A Debian with systemd as its first process, in namespaces of this machine; see boot-machine.sh. */
export type Machine = {
  /** Runs a shell script in it as root. */
  run(script: string): Promise<Ran>
  /** The same, and fails unless it succeeds. @returns what it printed */
  succeed(script: string): Promise<string>
  stop(): Promise<void>
}

const programs = ['unshare', 'nsenter', 'nginx', 'logrotate', 'curl', 'pg_createcluster', '/lib/systemd/systemd']

/** Why no machine can be booted here; null: it can. CI runs as root on Debian and installs what is needed. */
export function whyNoMachine(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can boot a machine'
  const missing = programs.filter((program) => !hasProgram(program))
  return missing.length === 0 ? null : `missing: ${missing.join(', ')}`
}

export function hasProgram(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Boots a machine that has a directory of this one as /mnt/release. */
export async function bootMachine(mounted: string): Promise<Machine> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-machine-'))
  const cgroup = `holdfast-test-${process.pid}`
  const script = join(import.meta.dirname, 'boot-machine.sh')
  const args = ['--mount', '--propagation', 'private', script, scratch, mounted, cgroup]
  const booting = spawn('unshare', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = text(booting.stderr)
  const init = await initOf(booting.pid ?? 0, ended)
  const run = (command: string) => runIn(init, command)
  await waitUntil(async () => (await run('systemctl is-active -q test.target')).code === 0)
  return {
    run,
    async succeed(command) {
      const { code, out } = await run(command)
      if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${out}`)
      return out
    },
    async stop() {
      process.kill(init, 'SIGKILL')
      await ended
      await rm(scratch, { recursive: true, force: true })
      removeCgroup(cgroup)
    },
  }
}

/** The first process of the machine, as this one numbers it: the child of the second unshare. */
async function initOf(pid: number, ended: Promise<string>): Promise<number> {
  let complaint: string | null = null
  void ended.then((printed) => {
    complaint = printed
  })
  let init = 0
  await waitUntil(async () => {
    if (complaint !== null) throw new Error(`The machine did not boot: ${complaint}`)
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
    init = Number(children.trim().split(' ')[0])
    const name = init > 0 ? await readFile(`/proc/${init}/comm`, 'utf8').catch(() => '') : ''
    return name.trim() === 'systemd'
  })
  return init
}

function runIn(init: number, script: string): Promise<Ran> {
  const env = [
    'env',
    '-i',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/root',
    'LC_ALL=C.UTF-8',
  ]
  const shell = [...env, 'sh', '-c', `cd /root; { ${script}\n} 2>&1`]
  return new Promise((resolve) => {
    execFile('nsenter', ['--target', String(init), '--all', ...shell], { maxBuffer: 2 ** 26 }, (error, out) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, out })
    })
  })
}

async function waitUntil(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error('The machine did not boot within a minute.')
    await wait(50)
  }
}

/** Its groups, from the innermost. The last processes leave them some moments after the first one has ended. */
function removeCgroup(name: string): void {
  const groups = `find /sys/fs/cgroup -depth -type d -path '*/${name}*'`
  const script = `for i in $(seq 100); do ${groups} -exec rmdir {} +; [ -z "$(${groups})" ] && exit; sleep 0.1; done`
  execFileSync('sh', ['-c', script], { stdio: 'ignore' })
}
