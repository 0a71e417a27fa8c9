// Rest: each command of the guide
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createEmptyInstallation } from './empty-installation.ts'
import { expectInOrder, guideAdmin, runInShell, scriptsOf } from './guide-commands.ts'
import { spawnServer } from './spawn-holdfast.ts'

test('the commands of the guide to the API do what it says, with the demo clinic', async () => {
  const installation = await createEmptyInstallation()
  const settings = { DATABASE_URL: installation.ownerUrl, HOLDFAST_DEMO: 'on', HOLDFAST_RATE_LIMIT: 'off' }
  const server = await spawnServer({ ...settings, ...guideAdmin })
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-guide-'))
  onTestFinished(async () => {
    server.child.kill('SIGTERM')
    await server.ended
    await installation.drop()
    await rm(directory, { recursive: true, force: true })
  })
  const scripts = scriptsOf('api-guide.md')
    // The last one builds the client, for which there is another test.
    .filter((script) => !script.includes('npm run client'))
    .map((script) => script.replace('http://localhost:3000', server.url))
    // It ends after the seconds that it has.
    .map((script) => script.replace(/^curl -sN --max-time .*$/m, '$& || [ $? = 28 ]'))
  const printed = await runInShell(server.url, directory, scripts.join('\n'))
  expectInOrder(printed, [
    '"status": "PENDING"',
    '"CONFIRMED"',
    '"name": "Ada Lovelace"',
    '"CANCELLED"',
    'the same booking',
    '"siteAdministrator": true',
    '"boss@example.org"',
    '"alg": "EdDSA"',
    '"created": ',
    '"created": 1',
    '"status": "PENDING"',
    '["text","What brings you here?",1]',
    '["consent","I agree that my referrer gets the report.",1]',
    '"CONFIRMED"',
    '{"kind":"choice","value":"1c4a6f0e-52b3-4d8a-9e07-3b5d1f2a6c11","choice":"Public","agreedAt":null}',
    '{"kind":"consent","value":true,"choice":null,"agreedAt":"2',
    'https://meet.example.org/{room}',
    '"status": "PENDING"',
    '"CONFIRMED"',
    '"code": "resource_busy"',
    '"code": "slot_full"',
  ])
  expect(printed).not.toContain('"invalid_request"')
})
