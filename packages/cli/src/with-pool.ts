import { createPool } from '@holdfast/engine'

type Pool = ReturnType<typeof createPool>

/** Runs `use` with one connection. */
export async function withPool<Result>(url: string, name: string, use: (pool: Pool) => Promise<Result>) {
  const pool = createPool({ url, max: 1, name })
  try {
    return await use(pool)
  } finally {
    await pool.end()
  }
}
