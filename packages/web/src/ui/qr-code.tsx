import { encode } from 'uqr'

/** Dark on white in both color schemes: many scanners cannot read inverted codes. */
export function QrCode({ text, label, size: pixels = 176 }: { text: string; label: string; size?: number }) {
  const { data, size } = encode(text, { ecc: 'M', border: 2 })
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      width={pixels}
      height={pixels}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
      style={{ background: '#fff', borderRadius: 8, flex: 'none' }}
    >
      <path d={dark.join('')} fill="#000" />
    </svg>
  )
}
