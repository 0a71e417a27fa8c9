// One baseline server: `node bench/baselines/main.ts NAME`, where NAME is a design's folder, `five-statements-express`,
// `single-claims`, `echo` or `static` (of STATIC_JSON). Prints "ready PORT" on stdout. The IPC message {"poolSize": n}
// changes the size of its pool.
import { createPool } from '@holdfast/engine'
import { Redis } from 'ioredis'
import type pg from 'pg'
import { designs, isDesignName } from './designs.ts'
import { serveEcho } from './serve-echo.ts'
import { serveExpress } from './serve-express.ts'
import { serveFastify } from './serve-fastify.ts'
import { serveSingleClaims } from './serve-single-claims.ts'
import { serveStatic } from './serve-static.ts'
import type { Resources } from './strategy.ts'

const poolSizeDefault = 20

async function serve(name: string): Promise<number> {
  if (name === 'echo') return serveEcho()
  if (name === 'static') return serveStatic(process.env.STATIC_JSON ?? '{}')
  const databaseUrl = process.env.DATABASE_URL
  if (databaseUrl === undefined) throw new Error('DATABASE_URL is not set.')
  const resources = openResources(name, databaseUrl)
  if (name === 'single-claims') return serveSingleClaims(() => resources().pool)
  if (name === 'five-statements-express') return serveExpress(designs['five-statements'], resources)
  if (isDesignName(name)) return serveFastify(designs[name], resources)
  throw new Error(`There is no baseline ${JSON.stringify(name)}.`)
}

/** The pool, which can be replaced between rounds by one of another size, and Redis where the design needs it. */
function openResources(name: string, databaseUrl: string): () => Resources {
  const open = (max: number): pg.Pool => createPool({ url: databaseUrl, max, name: `bench ${name}` })
  const redisSocket = process.env.REDIS_SOCKET
  const redis = name === 'redis-lock' && redisSocket !== undefined ? new Redis({ path: redisSocket }) : null
  let current: Resources = { pool: open(poolSizeDefault), redis }
  process.on('message', async ({ poolSize }: { poolSize: number }) => {
    const { pool } = current
    current = { pool: open(poolSize), redis }
    await pool.end()
    process.send?.({ poolSize })
  })
  return () => current
}

process.on('disconnect', () => process.exit(0))
console.log(`ready ${await serve(process.argv[2] ?? '')}`)
