// `npm run kubernetes`: writes the manifests for Kubernetes (deploy/kubernetes).
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { kubernetesFiles } from './kubernetes-files.ts'

const folder = join(import.meta.dirname, '../../deploy/kubernetes')
for (const [path, text] of kubernetesFiles()) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
