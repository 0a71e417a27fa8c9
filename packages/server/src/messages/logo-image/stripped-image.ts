/** What is left of an image file: the pixels, and what they need to look right. */
export type StrippedImage = { width: number; height: number; image: Buffer }

/** The message is for the sender of the file. */
export class UnreadableImage extends Error {}

/** Programs differ in which of them they show: the size would be that of another one. */
export function severalPictures(): UnreadableImage {
  return new UnreadableImage('has more than one picture')
}

export function incomplete(): UnreadableImage {
  return new UnreadableImage('is damaged or not complete')
}
