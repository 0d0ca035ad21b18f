import { act } from 'react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { TokenCheck } from '../../../../electron/shared/dataset'
import { DatasetView } from '../../../../renderer/src/pages/datasets/dataset-view'
import { sampleOf } from '../../../../renderer/src/pages/datasets/row-tokens'
import { useEnvironments, useModels } from '../../../../renderer/src/stores/lists'
import { useTokenChecks } from '../../../../renderer/src/stores/token-checks'
import { fakeDataset, fakeEnvironment, fakeModel, fakeRows, fakeTokenCheck } from '../../../support/fake-data'
import { fakeTunesmith } from '../../../support/fake-tunesmith'
import { mountForEachTest } from '../../../support/mounted'

const mounted = mountForEachTest()
beforeEach(() => {
  useTokenChecks.setState({ byKey: {} })
  useModels.setState({ items: [fakeModel(1)], status: 'ready' })
})

async function show(environmentReady: boolean): Promise<void> {
  useEnvironments.setState({ items: environmentReady ? [fakeEnvironment(1)] : [], status: 'ready' })
  Object.defineProperty(window, 'tunesmith', { value: fakeTunesmith(), configurable: true })
  await act(async () => {
    mounted.root.render(<DatasetView dataset={fakeDataset(1)} />)
    await Promise.resolve()
  })
  await vi.waitFor(() => { expect(rowCells(1)).not.toEqual([]) })
}
const row = (place: number): HTMLElement | null => mounted.box.querySelector(`tr[data-row="${place}"]`)
const rowCells = (place: number): (string | null)[] => [...(row(place)?.querySelectorAll('td') ?? [])].map((cell) => cell.textContent)
const heads = (): (string | null)[] => [...mounted.box.querySelectorAll('thead th')].map((head) => head.textContent)
const choose = (place: number): void => { act(() => { row(place)?.click() }) }
const tokens = (): Element | null => mounted.box.querySelector('.tokens')
const turns = (): Element | null => mounted.box.querySelector('.turns')
const [first] = fakeRows
if (first === undefined) throw new Error('no rows')

describe('the rows of a dataset and their tokens', () => {
  it('gives the rows that the check kept their tokens, and says that it keeps no others (catches an empty column without a word)', async () => {
    await show(true)
    await vi.waitFor(() => { expect(heads()).toContain('Tokens') })
    const sample = fakeTokenCheck.samples[0] ?? []
    const trained = sample.filter((piece) => piece.trained).length
    expect(rowCells(1).slice(-2)).toEqual([String(sample.length), `${(trained / sample.length * 100).toFixed(1)}%`])
    expect(rowCells(4).slice(-2)).toEqual(['', ''])
    expect(mounted.box.querySelector('.rows-note')?.textContent).toContain('the tokens of 3 rows')
  })

  it('opens a row as tokens where they are known, else by turn, and shows the chosen row (catches the tokens of another row)', async () => {
    await show(true)
    await vi.waitFor(() => { expect(tokens()?.textContent).toContain('How do I open a port') })
    choose(2)
    expect(tokens()?.textContent).toContain('The app says that the serial')
    choose(9)
    expect(tokens()).toBeNull()
    expect(turns()?.textContent).toContain('The app says that the serial')
  })

  it('keeps the view that the user picked, and says that these tokens are another row (catches a view that jumps back)', async () => {
    await show(true)
    await vi.waitFor(() => { expect(tokens()).not.toBeNull() })
    const pick = (name: string): void => { act(() => { [...mounted.box.querySelectorAll<HTMLElement>('[role=radio], button')].find((one) => one.textContent === name)?.click() }) }
    pick('Turns')
    choose(2)
    expect(turns()?.textContent).toContain('The app says that the serial')
    pick('Tokens')
    choose(9)
    expect(tokens()).not.toBeNull()
    expect(mounted.box.querySelector('.tokens-other')?.textContent).toContain('not the chosen one')
    choose(1)
    expect(mounted.box.querySelector('.tokens-other')).toBeNull()
  })

  it('has neither without an environment (catches token columns that can never fill)', async () => {
    await show(false)
    expect(heads()).toEqual(['Row', 'First question', 'Turns', 'Characters'])
    expect(turns()).not.toBeNull()
  })
})

describe('the sample of a row', () => {
  const withSamples = (texts: readonly string[]): TokenCheck => ({ ...fakeTokenCheck, samples: texts.map((text) => [{ text, trained: true, special: false }]) })
  const shown = ('messages' in first ? first.messages : []).map((message) => message.content).join('<|im_end|>\n')

  it('is found whatever white space the tokenizer keeps (catches SentencePiece, which drops it piece by piece)', () => {
    expect(sampleOf(first, 1, withSamples([shown.replaceAll(' ', '')]))).toBe(0)
  })

  it('is none where a row before it was left out or split, or the row is cut (catches the figures of another row)', () => {
    expect(sampleOf(first, 1, withSamples(['another row', shown]))).toBeNull()
    expect(sampleOf(first, 1, withSamples([shown.slice(0, 300)]))).toBeNull()
    expect(sampleOf(first, 2, withSamples([shown]))).toBeNull()
    expect(sampleOf(first, 1, null)).toBeNull()
  })
})
