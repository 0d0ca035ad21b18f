import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadTemplates } from '../../../electron/process/templates'
import { JobId } from '../../../electron/shared/ids'
import type { RunObservation } from '../../../electron/shared/run-observation'
import type { TrainingEvent } from '../../../electron/shared/training-event'
import { sagemakerBackend, sagemakerSpec, startSagemakerPlace } from '../../support/sagemaker-place'
import type { SagemakerPlace } from '../../support/sagemaker-place'
import { curve, curveDistance, eventsOf, templatesFolder } from '../../support/training-run'

let place: SagemakerPlace
let home: string
const backend = sagemakerBackend(() => place)

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tunesmith hosts '))
  const rows = Array.from({ length: 64 }, (_, index) => `${JSON.stringify({ messages: [{ role: 'user', content: `Say ${index}.` }, { role: 'assistant', content: `It is ${index * 7}.` }] })}\n`)
  writeFileSync(join(home, 'train.jsonl'), rows.join(''))
  writeFileSync(join(home, 'eval.jsonl'), rows.slice(0, 8).join(''))
  place = await startSagemakerPlace()
})
afterAll(async () => {
  await place.stop()
  rmSync(home, { recursive: true, force: true })
})

async function train(number: number, instanceCount: number) {
  const data = { trainPath: join(home, 'train.jsonl'), evalPath: join(home, 'eval.jsonl'), trainRows: 64, evalRows: 8 }
  const spec = sagemakerSpec({ jobId: JobId.parse(`job_h00000000000000${number}`), data, settings: { microBatch: 4, gradientAccumulation: 2, evaluateEverySteps: 4, checkpointEverySteps: 0 } }, { instanceCount })
  const context = { runFolder: join(home, `run ${number}`), python: '', supervisorPath: '', templates: await loadTemplates(templatesFolder), environment: {} }
  const handle = await backend.start(await backend.prepare(spec, context), context)
  const events: TrainingEvent[] = []
  let finished: Extract<RunObservation, { kind: 'finished' }> | null = null
  for await (const piece of backend.observe(handle, null)) {
    if (piece.kind === 'batch') events.push(...piece.events)
    if (piece.kind === 'finished') finished = piece
  }
  if (finished?.ending !== 'completed') throw new Error(`the job ended badly: ${JSON.stringify(finished?.end)}`)
  return { events }
}

it('two hosts learn what one learns with the same rows in a step (catches ranks that train on the same rows, or on twice as many)', async () => {
  const one = await train(1, 1)
  const two = await train(2, 2)
  expect(place.peer.jobs().map(({ request }) => request.HyperParameters?.['sagemaker_torch_distributed_enabled'])).toEqual([undefined, 'true'])
  expect(curve(two.events, 'loss')).toHaveLength(8)
  expect(curveDistance(curve(one.events, 'loss'), curve(two.events, 'loss'))).toBeLessThan(1e-3)
  // Transformers averages the evaluation over batches, and a batch of two hosts has the rows of both.
  expect(curveDistance(curve(one.events, 'evalLoss'), curve(two.events, 'evalLoss'))).toBeLessThan(0.02)
  expect(curveDistance(curve(one.events, 'numTokens'), curve(two.events, 'numTokens'))).toBe(0)
  // The first process speaks for all: nothing comes twice.
  expect(two.events.map(({ seq }) => seq)).toEqual(two.events.map((_, index) => index))
  expect(eventsOf(two.events, 'init')).toHaveLength(1)
}, 300_000)
