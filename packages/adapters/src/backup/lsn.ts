/** A position in the WAL, as PostgreSQL prints it (`0/2000028`), as a number of bytes. */
export function parseLsn(text: string): bigint {
  const [high = '', low = ''] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffff_ffffn).toString(16)}`.toUpperCase()
}

/** The name of the file that has this position: timeline, and the segment's number in two parts. */
export function walFileName(timeline: number, lsn: bigint, segmentBytes: number): string {
  const segment = lsn / BigInt(segmentBytes)
  const perPart = 0x1_0000_0000n / BigInt(segmentBytes)
  return [BigInt(timeline), segment / perPart, segment % perPart]
    .map((part) => part.toString(16).padStart(8, '0'))
    .join('')
    .toUpperCase()
}

/** The position at which the segment of this position begins. */
export function segmentStart(lsn: bigint, segmentBytes: number): bigint {
  return lsn - (lsn % BigInt(segmentBytes))
}
