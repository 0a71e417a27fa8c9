/** Styles of a button whose text may wrap. Mantine's label has a fixed height and cuts off umlauts and Arabic marks. */
export const wrappingLabel = {
  // Mantine's content is as high as its button, which with `h="auto"` has no height to refer to.
  root: { display: 'inline-flex', alignItems: 'center', justifyContent: 'center', paddingBlock: '0.375rem' },
  label: { whiteSpace: 'normal', overflow: 'visible', lineHeight: 1.4 },
} as const
