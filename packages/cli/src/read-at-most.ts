import type { Readable } from 'node:stream'

/** Reads all of a stream; null: it is more than that. Then it is closed, and its writer learns of that. */
export async function readAtMost(stream: Readable, bytesMax: number): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
