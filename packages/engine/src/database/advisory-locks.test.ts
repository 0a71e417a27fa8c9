import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sqlFiles } from '../migrate/sql-files.ts'
import { advisoryLocks, clinicLockClasses } from './advisory-locks.ts'

const packages = fileURLToPath(new URL('../../..', import.meta.url))

/** Which SQL functions take which lock. A lock that is not here is taken by the programs. */
const takenBy: Record<string, string[]> = {
  partitions: ['ensure_partitions'],
  logEpoch: ['begin_log_epoch', 'renumber_log'],
  admissions: ['admit_claims', 'join_waitlist'],
  erasure: ['erase_outdated'],
  waitlistJoins: ['lock_joining', 'lock_waitlists', 'try_lock_waitlist'],
  patient_lock: ['are_locked', 'lock_patients', 'visits_at_once'],
  waitlistOffers: ['erase_waitlist_entries', 'lock_waitlists', 'try_lock_waitlist'],
}

/** The arguments of each lock that is taken, without comments: ['1215261796', '2']. */
function locksIn(source: string): string[][] {
  const code = source.replaceAll(/--.*$/gm, '').replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '')
  const calls = code.matchAll(/pg_(?:try_)?advisory_(?:xact_)?lock(?:_shared)?\(((?:[^()]|\([^()]*\))*)\)/g)
  return [...calls].map(([, parameters = '']) =>
    parameters
      .replace(/x'([0-9a-f]+)'::int/, (_text, digits: string) => String(Number.parseInt(digits, 16)))
      .split(', '),
  )
}

/** The name of a lock that an SQL function takes, or what it is if it is not listed. */
function nameOf([lockClass, number]: string[]): string {
  // The digest that the function patient_lock returns.
  if (lockClass?.includes('patient_lock')) return 'patient_lock'
  const fixed = Object.entries(advisoryLocks).find(([, lock]) => `${lock}` === `${lockClass},${number}`)
  const ofClinic = Object.entries(clinicLockClasses).find(([, one]) => `${one}` === lockClass)
  return fixed?.[0] ?? ofClinic?.[0] ?? `${lockClass}, ${number}: is not in advisory-locks.ts`
}

function takersOf(functions: readonly { name: string; text: string }[]): Record<string, string[]> {
  const takers: Record<string, string[]> = {}
  for (const { name, text } of functions) {
    for (const lock of new Set(locksIn(text).map(nameOf))) takers[lock] = [...(takers[lock] ?? []), name].sort()
  }
  return takers
}

/** Which of the functions these names reach by calls, themselves included. */
function reachedFrom(names: readonly string[], functions: readonly { name: string; text: string }[]) {
  const reached = new Set(names)
  for (const name of reached) {
    const text = functions.find((one) => one.name === name)?.text.replaceAll(/--.*$/gm, '') ?? ''
    for (const { name: called } of functions) if (new RegExp(`\\b${called}\\(`).test(text)) reached.add(called)
  }
  return functions.filter(({ name }) => reached.has(name))
}

/** The locks that a batched write waits for, and that are_locked does not try. */
function untried(functions: readonly { name: string; text: string }[]): string[] {
  const batched = reachedFrom(['claim_slot', 'claim_slots', 'settle_bookings', 'move_bookings'], functions)
  const tried = Object.keys(takersOf(reachedFrom(['are_locked'], functions)))
  return Object.keys(takersOf(batched)).filter((lock) => !tried.includes(lock))
}

test('are_locked tries every advisory lock that a batched write takes', async () => {
  const { functions } = await sqlFiles()
  expect(untried(functions)).toEqual([])
  const without = (name: string) => functions.filter((one) => one.name !== name)
  // Negative controls: a function that tries a lock is missing, or tries it no more.
  expect(untried(without('try_lock_waitlist'))).toEqual(['waitlistJoins', 'waitlistOffers'])
  const changed = functions.map(({ name, text }) => ({
    name,
    text: name === 'are_locked' ? text.replace('pg_try_advisory_xact_lock(', '(') : text,
  }))
  expect(untried(changed)).toEqual(['patient_lock'])
})

const timeoutMsMax = 50

/**
 * The functions that wait longer than {@link timeoutMsMax} for the exclusive form of a lock that others share: while
 * they wait, everybody who wants to share it waits behind them.
 */
function stoppingOthers(functions: readonly { name: string; text: string }[]): string[] {
  const code = functions.map(({ name, text }) => ({ name, text: text.replaceAll(/--.*$/gm, '') }))
  const requests = (call: RegExp) =>
    code.flatMap(({ name, text }) => [...text.matchAll(call)].map(([, key]) => ({ name, text, key })))
  const shared = new Set(requests(/pg_(?:try_)?advisory_xact_lock_shared\(([^,]+),/g).map(({ key }) => key))
  expect(shared.size).toBeGreaterThan(0)
  return requests(/pg_advisory_xact_lock\(([^,]+),/g)
    .filter(({ key, text }) => {
      const [, timeoutMs = Number.POSITIVE_INFINITY] = /^set lock_timeout = '(\d+)ms'$/m.exec(text) ?? []
      return shared.has(key) && Number(timeoutMs) > timeoutMsMax
    })
    .map(({ name }) => name)
}

test('no function waits long for the exclusive form of a lock that others share', async () => {
  expect(stoppingOthers((await sqlFiles()).functions)).toEqual([])
})

test('negative control: functions that wait long for it are found', () => {
  const exclusive = 'perform pg_advisory_xact_lock(7, p_clinic_no);'
  const planted = [
    { name: 'shares', text: 'if not pg_try_advisory_xact_lock_shared(7, p_clinic_no) then' },
    { name: 'briefly', text: `set lock_timeout = '50ms'\nas $$ ${exclusive} $$` },
    { name: 'longer', text: `set lock_timeout = '100ms'\nas $$ ${exclusive} $$` },
    { name: 'asTheConnection', text: exclusive },
    { name: 'unshared', text: 'perform pg_advisory_xact_lock(8, p_clinic_no);' },
  ]
  expect(stoppingOthers(planted)).toEqual(['longer', 'asTheConnection'])
})

/** The programs take locks by their names here, or by the digest of a text. */
const byName = /^\$\{(advisoryLocks(\.\w+|\[name\])|clinicLockClasses\.\w+)/
const byDigest = /^hashtextextended\((\$\{`)?'?holdfast\./

test('every advisory lock has one purpose, and is listed', async () => {
  const all = [...Object.values(advisoryLocks).map(String), ...Object.values(clinicLockClasses).map(String)]
  expect(new Set(all).size).toBe(all.length)
  expect(takersOf((await sqlFiles()).functions)).toEqual(takenBy)
})

test('no program takes a lock by its number', async () => {
  const found: string[] = []
  let programs = 0
  for await (const path of glob('*/src/**/*.ts', { cwd: packages })) {
    if (path.endsWith('.test.ts')) continue
    for (const lock of locksIn(await readFile(join(packages, path), 'utf8'))) {
      programs += 1
      const text = lock.join(', ')
      if (!byName.test(text) && !byDigest.test(text)) found.push(`${path}: ${text}`)
    }
  }
  expect(found).toEqual([])
  expect(programs).toBeGreaterThan(6)
})

test('negative control: an unlisted lock, and a second purpose of a listed one, are found', () => {
  const planted = [
    { name: 'shares', text: "perform pg_advisory_xact_lock(x'486f6c64'::int, 2);" },
    { name: 'unlisted', text: 'perform pg_try_advisory_xact_lock_shared(1215261799123, p_clinic_no);' },
  ]
  expect(takersOf(planted)).toEqual({
    partitions: ['shares'],
    '1215261799123, p_clinic_no: is not in advisory-locks.ts': ['unlisted'],
  })
  expect(byName.test('1215261796, 5')).toBe(false)
})
