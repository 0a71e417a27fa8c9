import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** How wide people look at mails, in pixels: a column of a mail program, and a small phone. */
export const mailWidths = [600, 320] as const
export const mailSchemes = ['light', 'dark'] as const

/** A preview, with a name such as `reminder.de`. */
export type MailPreview = { name: string; url: string }

/** Writes all mails with `npm run mail-previews`, calls `look` with them, and deletes them. */
export async function withMailPreviews<Result>(look: (mails: MailPreview[]) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-mails-'))
  try {
    await promisify(execFile)('npm', ['run', '--silent', 'mail-previews', '--', directory], { cwd: root })
    const files = (await readdir(directory)).filter((file) => file.endsWith('.html')).sort()
    return await look(
      files.map((file) => ({ name: file.replace(/\.html$/, ''), url: pathToFileURL(join(directory, file)).href })),
    )
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
