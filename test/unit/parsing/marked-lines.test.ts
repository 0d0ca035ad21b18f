import { describe, expect, it } from 'vitest'
import { noLinesYet, parseKeptEvents, readMarkedLines, reconcile } from '../../../electron/parsing/marked-lines'
import type { MarkedState } from '../../../electron/parsing/marked-lines'
import type { TrainingEvent } from '../../../electron/shared/training-event'

const first = 1_795_000_000_000
const second = 1_795_000_100_000
const json = (seq: number, message = `m${seq}`) => JSON.stringify({ seq, t: 1, event: 'warning', code: 'x', message }).replaceAll(' ', '\\u0020')
const line = (attempt: number, seq: number, message?: string) => `@tunesmith ${attempt} ${json(seq, message)}`
const kept = (attempt: number, seq: number) => `{"attempt":${attempt},${json(seq).slice(1)}\n`
const texts = (events: readonly TrainingEvent[]) => events.map((event) => `${event.seq} ${event.kind === 'warning' ? event.message : ''}`)

/** Lines in pieces of a size, each with the state that the one before left, which goes through JSON as a cursor does. */
function inPieces(lines: readonly string[], size: number) {
  let state: MarkedState = noLinesYet
  const events: TrainingEvent[] = []
  const console: string[] = []
  for (let at = 0; at < lines.length; at += size) {
    const read = readMarkedLines(lines.slice(at, at + size), JSON.parse(JSON.stringify(state)) as MarkedState)
    events.push(...read.events)
    console.push(...read.console)
    state = read.state
  }
  return { events: texts(events), console, state }
}

describe('readMarkedLines', () => {
  it('takes events out of a log, and leaves the rest to the console (catches a progress bar on the same line that hides an event)', () => {
    const read = readMarkedLines(['Loading', line(first, 0), ` 3%|x| 1/32 ${line(first, 1)}`, '{"loss": 1}', ''], noLinesYet)
    expect(texts(read.events)).toEqual(['0 m0', '1 m1'])
    expect(read.console).toEqual(['Loading', ' 3%|x| 1/32 ', '{"loss": 1}', ''])
    expect([read.unknown, read.malformed]).toEqual([0, 0])
  })

  it('puts a line together that the toolkit cut and trimmed at any place (catches an event lost at the end of a 64 kB buffer)', () => {
    const whole = line(first, 0, 'with blanks  and "quotes"')
    for (let at = '@tunesmith 1795000000000 {'.length; at < whole.length; at += 1) {
      for (const size of [1, 2, 4]) {
        const { events, console } = inPieces([whole.slice(0, at).trim(), 'a line of another stream', whole.slice(at).trim(), line(first, 1)], size)
        expect(events).toEqual(['0 with blanks  and "quotes"', '1 m1'])
        expect(console).toEqual(['a line of another stream'])
      }
    }
  })

  it('reads many lines together as it reads one by one (catches a fast way that takes what the slow one would not)', () => {
    const whole = Array.from({ length: 40 }, (_, seq) => line(seq < 20 ? first : second, seq % 20))
    const odd = ['plain', `${line(first, 50)} and more`, `${line(first, 51)},${json(52)}`, `@tunesmith ${first} {"seq":53`, `@tunesmith ${first} {"seq":54,"t":1,"event":"no\u006e"}`, '', ` 3%|x| ${line(first, 55)}`, `@tunesmith ${first} {"seq":56,"t":1,"event":"unheard"}`]
    expect(inPieces(whole, 40)).toEqual(inPieces(whole, 1))
    for (const strange of odd) for (const at of [0, 7, 40]) {
      const lines = whole.toSpliced(at, 0, strange)
      expect(inPieces(lines, 41)).toEqual(inPieces(lines, 1))
    }
  })

  it('numbers events over attempts, once each, whatever comes twice (catches a spot interruption that starts the curve anew)', () => {
    const lines = [line(first, 0), line(first, 1), line(first, 1), line(second, 0), line(first, 1), line(second, 1), line(second, 0)]
    for (const size of [1, 3, 10]) expect(inPieces(lines, size).events).toEqual(['0 m0', '1 m1', '2 m0', '3 m1'])
  })

  it('takes a late event and knows what is missing (catches a gap that is never filled)', () => {
    const { events, state } = inPieces([line(first, 0), line(first, 5), line(first, 3)], 1)
    expect(events).toEqual(['0 m0', '1 m5', '2 m3'])
    expect(state.attempts).toEqual([{ id: first, next: 6, missing: [[1, 2], [4, 4]] }])
    const file = [0, 1, 2, 3, 4, 5, 6].map((seq) => kept(first, seq)).join('') + kept(second, 0)
    const rest = reconcile(parseKeptEvents(file), state)
    expect(texts(rest.events)).toEqual(['3 m1', '4 m2', '5 m4', '6 m6', '7 m0'])
    expect(reconcile(parseKeptEvents(file), rest.state).events).toEqual([])
  })

  it('never throws, whatever a line holds (catches an observer that dies of its input)', () => {
    const odd = ['@tunesmith', '@tunesmith 1795000000000 {', '@tunesmith 1795000000000 {"seq":-1}', '@tunesmith 1795000000000 []', '\u2028', `@tunesmith 1795000000000 {"seq":0,"t":1,"event":"warning"`, 'x'.repeat(200_000)]
    for (const size of [1, 7]) expect(inPieces(odd, size).events).toEqual([])
    expect(texts(readMarkedLines([line(first, 0)], inPieces(odd, 1).state).events)).toEqual(['0 m0'])
    expect(parseKeptEvents('{"attempt":1}\nnonsense\n\n')).toEqual([])
  })
})

describe('what an interrupted attempt did beyond the checkpoint that a later one went on from', () => {
  const event = (attempt: number, seq: number, body: object): string => `{"attempt":${attempt},${JSON.stringify({ seq, t: 1, ...body }).slice(1)}\n`
  const log = (attempt: number, seq: number, step: number) => event(attempt, seq, { event: 'log', step, epoch: 0, loss: 1 })
  const begin = (attempt: number, resumed: number) => event(attempt, 0, { event: 'train_begin', total_steps: 9, total_epochs: 1, steps_per_epoch: 9, trainable_parameters: 1, total_parameters: 2, resumed_from_step: resumed })
  const file = begin(first, 0) + log(first, 1, 1) + log(first, 2, 2) + event(first, 3, { event: 'step', step: 2, total_steps: 9, epoch: 0, eta_s: 1 }) + begin(second, 1) + log(second, 1, 2) + log(second, 2, 3)
  const steps = (events: readonly TrainingEvent[]) => events.flatMap((one) => (one.kind === 'metrics' ? [one.step] : []))

  it('does not come after the later attempt has been read (catches a finished run that is shown at step 80 of 120, with its curve turned back)', () => {
    const lines = file.trim().split('\n').map((text) => text.replace(/^\{"attempt":(\d+),/, '@tunesmith $1 {'))
    const seen = readMarkedLines(lines.filter((_, index) => index !== 2 && index !== 3), noLinesYet)
    expect(steps(seen.events)).toEqual([1, 2, 3])
    const rest = reconcile(parseKeptEvents(file), seen.state)
    expect(rest.events).toEqual([])
    expect(reconcile(parseKeptEvents(file), rest.state).events).toEqual([])
  })

  it('but what it did up to there is added (catches a hole before the checkpoint)', () => {
    const lines = file.trim().split('\n').map((text) => text.replace(/^\{"attempt":(\d+),/, '@tunesmith $1 {'))
    const seen = readMarkedLines(lines.filter((_, index) => index !== 1), noLinesYet)
    expect(steps(reconcile(parseKeptEvents(file), seen.state).events)).toEqual([1])
  })
})
