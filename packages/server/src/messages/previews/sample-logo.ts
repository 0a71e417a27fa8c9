import { readLogoImage } from '../logo-image/read-logo-image.ts'

/** A plain rectangle, in place of a clinic’s logo. */
export const sampleLogo = readLogoImage(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAPAAAABACAIAAACr/W2wAAAAyUlEQVR4nO3SUQkAIBTAwBfDgLazpCUEYRxcgH1s1j6QMd8L4CFD' +
      'k2JoUgxNiqFJMTQphibF0KQYmhRDk2JoUgxNiqFJMTQphibF0KQYmhRDk2JoUgxNiqFJMTQphibF0KQYmhRDk2JoUgxNiqFJMTQp' +
      'hibF0KQYmhRDk2JoUgxNiqFJMTQphibF0KQYmhRDk2JoUgxNiqFJMTQphibF0KQYmhRDk2JoUgxNiqFJMTQphibF0KQYmhRDk2Jo' +
      'UgxNiqFJMTQphiblAvEZKAxZROUyAAAAAElFTkSuQmCC',
    'base64',
  ),
)
