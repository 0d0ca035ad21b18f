import { describe, expect, it } from 'vitest'
import { createListStore } from '../../../../renderer/src/stores/list-store'
import { mergeJobs } from '../../../../renderer/src/stores/lists'
import { fakeJob, jobId } from '../../../support/fake-data'

describe('a list of the engine', () => {
  it('drops an answer that a newer push overtook, so that a finished run never falls back to running', async () => {
    let answer: (items: readonly string[]) => void = () => undefined
    const store = createListStore<string>(() => new Promise((resolve) => { answer = resolve }))
    const loading = store.getState().load()
    store.getState().take(['new'])
    answer(['old'])
    await loading
    expect(store.getState()).toMatchObject({ items: ['new'], status: 'ready' })
  })

  it('keeps what it shows when a reload fails', async () => {
    let fail = false
    const store = createListStore<string>(() => (fail ? Promise.reject(new Error('gone')) : Promise.resolve(['a'])))
    await store.getState().load()
    fail = true
    await store.getState().load()
    expect(store.getState()).toMatchObject({ items: ['a'], status: 'failed' })
  })
})

describe('changed jobs', () => {
  it('take the place of their old selves, come first when new, and leave when removed', () => {
    const [a, b, c] = [fakeJob(1), fakeJob(2), fakeJob(3)]
    const merged = mergeJobs([a, b], [c, { ...a, name: 'renamed' }], [jobId(2)])
    expect(merged.map((job) => job.name)).toEqual(['run-3', 'renamed'])
  })

  it('never bring back a job that the same push removed', () => {
    expect(mergeJobs([], [fakeJob(1)], [jobId(1)])).toEqual([])
  })
})
