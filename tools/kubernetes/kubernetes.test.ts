// Completeness: deploy/kubernetes has not what tools/kubernetes says
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Deployment } from 'kubernetes-models/apps/v1'
import { expect, test } from 'vitest'
import { kubernetesFiles } from './kubernetes-files.ts'

const folder = join(import.meta.dirname, '../../deploy/kubernetes')

test('the manifests of deploy/kubernetes are those of the code: `npm run kubernetes` writes them', () => {
  const stored = globSync('**/*.yaml', { cwd: folder }).map((path) => [path, readFileSync(join(folder, path), 'utf8')])
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(kubernetesFiles()))
})

test('negative control: a manifest that does not follow the schema of its kind is refused', () => {
  const template = { metadata: { labels: {} }, spec: { containers: [{ name: 'server', image: 'holdfast' }] } }
  const spec = { selector: { matchLabels: {} }, template }
  expect(() => new Deployment({ metadata: { name: 'server' }, spec }).validate()).not.toThrow()
  const wrong = { ...spec, minReadySeconds: 'six' as unknown as number }
  expect(() => new Deployment({ metadata: { name: 'server' }, spec: wrong }).validate()).toThrow('minReadySeconds')
})
