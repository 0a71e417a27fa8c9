/** Styles of a button whose text may wrap. Mantine's label has a fixed height and cuts off umlauts and Arabic marks. */
export const wrappingLabel = { label: { whiteSpace: 'normal', overflow: 'visible', lineHeight: 1.4 } } as const
