import { setImmediate } from 'node:timers/promises'

/** Counts as a service counts. `exact` is false where the model has a tokenizer of its own that is not here. */
export interface TokenCounter {
  readonly encoding: 'o200k_base' | 'cl100k_base'
  readonly exact: boolean
  readonly count: (text: string) => number
}

const olderModels = /^(?:gpt-3\.5|gpt-4(?![.o\d])|davinci-002|babbage-002|text-embedding)/
const openaiModels = /^(?:gpt-|o\d|chatgpt|davinci-002|babbage-002|codex)/

/** The tokenizer of a base, loaded when it is first asked for (a tuned model's name counts as its base's). */
export async function tokenCounterFor(model: string): Promise<TokenCounter> {
  const name = model.startsWith('ft:') ? (model.split(':')[1] ?? '') : model
  const encoding = olderModels.test(name) ? 'cl100k_base' : 'o200k_base'
  const { countTokens } = encoding === 'cl100k_base' ? await import('gpt-tokenizer/encoding/cl100k_base') : await import('gpt-tokenizer/encoding/o200k_base')
  // A text may hold `<|endoftext|>`; in data it is text like any other.
  const options = { disallowedSpecial: new Set<string>() }
  return { encoding, exact: openaiModels.test(name), count: (text) => countTokens(text, options) }
}

/** The merge of one run takes time with the square of its length. */
const longestRun = 2_000
const pieceCharacters = 32_768
const longRun = new RegExp(`\\S{${longestRun},}|\\s{${longestRun},}`)
const sliceMs = 12

/** Lets others run once in a while: call `rest` often, it rarely waits. */
export function breather(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < sliceMs) return
    await setImmediate()
    since = performance.now()
  }
}

/** Tokens of a text, however long. Cutting very long runs apart may count a token more for every 2,000 characters of them. */
export async function countText(counter: TokenCounter, text: string, rest: () => Promise<void>): Promise<number> {
  let tokens = 0
  for (const piece of pieces(text)) {
    tokens += counter.count(piece)
    await rest()
  }
  return tokens
}

/** Cuts before a space, where a token begins anyway; a run without one is cut hard, but never within a character. */
function* pieces(text: string): Iterable<string> {
  for (let from = 0; from < text.length; ) {
    let to = Math.min(from + pieceCharacters, text.length)
    if (to < text.length) {
      const space = text.lastIndexOf(' ', to)
      if (space > from) to = space
    }
    const piece = text.slice(from, to)
    if (longRun.test(piece)) to = from + Math.min(cutIn(piece), piece.length)
    const code = text.charCodeAt(to - 1)
    if (to < text.length && code >= 0xd800 && code <= 0xdbff) to += 1
    yield text.slice(from, to)
    from = to
  }
}

/** The end of the first part that is safe to count: up to the long run, or its first 2,000 characters. */
function cutIn(piece: string): number {
  const at = longRun.exec(piece)?.index ?? 0
  return at > 0 ? at : longestRun
}
