import type { ReadStream } from 'node:fs'

export type CsvForm = {
  delimiter: ',' | ';'
  /** UTF-8. Bytes that are no UTF-8 are passed on. */
  content: AsyncIterable<string | Buffer>
}

/**
 * What a CSV file is written in, by its beginning: UTF-16 if its byte order mark says so, else UTF-8; semicolons, as
 * Excel writes them where the decimal sign is a comma, if there are some in its first line, and no comma.
 *
 * @throws Error the file cannot be opened or read
 */
export async function csvFormOf(file: ReadStream): Promise<CsvForm> {
  const chunks: AsyncIterator<Buffer> = file[Symbol.asyncIterator]()
  const first = await chunks.next()
  const head = first.done === true ? Buffer.alloc(0) : first.value
  const encoding = encodingOf(head)
  const [firstLine = ''] = new TextDecoder(encoding).decode(head).split(/[\r\n]/, 1)
  return {
    delimiter: firstLine.includes(';') && !firstLine.includes(',') ? ';' : ',',
    content: encoding === 'utf-8' ? following(head, chunks) : decoded(following(head, chunks), encoding),
  }
}

function encodingOf(head: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const mark = head.length < 2 ? 0 : head.readUInt16BE(0)
  return mark === 0xfeff ? 'utf-16be' : mark === 0xfffe ? 'utf-16le' : 'utf-8'
}

async function* following(head: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield head
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value
}

async function* decoded(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true })
  yield decoder.decode()
}
