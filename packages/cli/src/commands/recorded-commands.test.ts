import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aBooking, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'
import { createEmptyInstallation, type EmptyInstallation } from '../../test/empty-installation.ts'

const email = 'boss@example.org'

let database: EmptyInstallation
let owner: EmptyInstallation['owner']
let directory: string
let env: Record<string, string>

beforeAll(async () => {
  database = await createEmptyInstallation()
  owner = database.owner
  directory = await mkdtemp(join(tmpdir(), 'holdfast-recorded-'))
  await writeFile(join(directory, 'clinics.csv'), 'clinic,name,timezone\nc1,Imported,UTC\n')
  env = { DATABASE_URL: database.ownerUrl, PORT: '0' }
  await runCaptured(['migrate'], env)
  await runCaptured(['admin', 'create', '--email', email], env)
  const builder = { ownerPool: owner }
  await aBooking(builder, await aSlot(builder, await aDoctor(builder, await aClinic(builder))))
  await owner.query(`create function public.lost() returns trigger language plpgsql as
    $$ begin raise 'the entry is lost' using errcode = '57014'; end $$`)
})
afterAll(async () => {
  await rm(directory, { recursive: true })
  await database.drop()
})

const commands = {
  'admin end-sessions --email': {
    args: () => ['admin', 'end-sessions', '--email', email],
    kind: 'sessions_ended',
  },
  'admin end-sessions --all': { args: () => ['admin', 'end-sessions', '--all'], kind: 'sessions_ended' },
  'admin reset-password': {
    args: () => ['admin', 'reset-password', '--email', email],
    kind: 'password_link_created',
  },
  'admin reset-second-factor': {
    args: () => ['admin', 'reset-second-factor', '--email', email],
    kind: 'second_factor_changed',
  },
  import: { args: () => ['import', '--clinics', join(directory, 'clinics.csv')], kind: 'data_imported' },
  'forget-secret': { args: () => ['forget-secret'], kind: 'secret_forgotten' },
  // It is the last one: its test makes the log look like a dump on a server with fewer transaction numbers.
  'renumber-log': { args: () => ['renumber-log'], kind: 'log_renumbered' },
}

/** Everything that the commands change. */
async function state(): Promise<string[]> {
  const tables = ['auth."user"', 'auth.session', 'auth.totp', 'auth.verification', 'holdfast.setting']
  const all = [...tables, 'holdfast.clinic', 'holdfast.booking_event', 'holdfast.log_epoch']
  const selects = all.map((table) => `select '${table} ' || t::text as line from ${table} t`)
  const { rows } = await owner.query<{ line: string }>(`${selects.join(' union all ')} order by 1`)
  return rows.map(({ line }) => line)
}

async function entries(kind: string): Promise<number> {
  const { rowCount } = await owner.query('select from holdfast.audit_event where kind = $1', [kind])
  return rowCount ?? 0
}

test.for(Object.entries(commands))('%s does nothing without its entry in the security log', async ([name, command]) => {
  await owner.query(`
    delete from auth.totp;
    insert into auth.totp ("userId", secret, "confirmedAt", "lastStep") select id, 'x', now(), 0 from auth."user";
    insert into auth.session ("userId", token, "expiresAt", "createdAt", "updatedAt")
      select id, 'sha256:' || gen_random_uuid(), now() + interval '1 day', now(), now() from auth."user"`)
  if (name === 'renumber-log') {
    await owner.query('update holdfast.booking_event set xid = (xid::text::bigint + 1000000000000)::text::xid8')
  }
  const [before, recorded] = [await state(), await entries(command.kind)]
  await owner.query(`create trigger lost before insert on holdfast.audit_event
    for each statement execute function public.lost()`)
  expect((await runCaptured(command.args(), env)).code).not.toBe(0)
  expect(await state()).toEqual(before)
  await owner.query('drop trigger lost on holdfast.audit_event')
  // The control: it would have changed something.
  expect((await runCaptured(command.args(), env)).code).toBe(0)
  expect(await state()).not.toEqual(before)
  expect(await entries(command.kind)).toBe(recorded + 1)
})
