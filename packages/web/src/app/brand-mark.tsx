/** The mark of Holdfast: a holdfast, which anchors seaweed to its rock. */
export function BrandMark() {
  return (
    <svg width={28} height={28} viewBox="0 0 32 32" aria-hidden="true" style={{ flex: 'none' }}>
      <rect width="32" height="32" rx="9" fill="currentColor" />
      <path
        d={
          'M16 6v12M16 18c0 4-3.2 6.6-7 7M16 18c0 4 3.2 6.6 7 7M16 18v8' +
          'M16 12c-3.6 0-5.4-1.8-6-4M16 14.5c3.6 0 5.4-1.8 6-4'
        }
        fill="none"
        stroke="var(--mantine-color-body)"
        strokeWidth="2.25"
        strokeLinecap="round"
      />
    </svg>
  )
}
