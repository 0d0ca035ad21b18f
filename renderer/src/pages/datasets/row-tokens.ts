import type { NormalRow, TokenCheck, TokenPiece } from '../../../../electron/shared/dataset'

/**
 * The kept sample that shows the row at `place` of the training part, from 1; null where the check keeps none.
 * Samples are the first rows that could be encoded, so a row left out or split shifts them, and a long one is cut: only a
 * sample that holds the whole text of its row counts.
 */
export function sampleOf(row: NormalRow, place: number, check: TokenCheck | null): number | null {
  const pieces = check?.samples[place - 1]
  if (pieces === undefined) return null
  const seen = bare(pieces.map((piece) => piece.text).join(''))
  const texts = 'messages' in row ? row.messages.map((message) => message.content) : [row.prompt, row.completion]
  return texts.every((text) => seen.includes(bare(text))) ? place - 1 : null
}

export const trainedOf = (pieces: readonly TokenPiece[]): number => pieces.filter((piece) => piece.trained).length

/** Tokenizers and templates differ in the white space that they keep. */
const bare = (text: string): string => text.replaceAll(/\s+/g, '')
