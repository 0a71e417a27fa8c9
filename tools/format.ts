// `npm run format`: lets Biome fix what it can, and wraps comments that are too wide, which Biome does not.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
const commands = [
  [biome, 'check', '--write', '.'],
  [join(root, 'tools/line-width.ts'), '--write'],
]

const failed = commands.filter(
  (args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status !== 0,
)
process.exitCode = failed.length === 0 ? 0 : 1
