import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ConnectionId, DatasetId, ModelId } from '../../electron/shared/ids'
import type { BackendId, JobRequest } from '../../electron/shared/job-spec'
import { connectionKey } from '../../electron/shared/settings'
import { prepareAccount } from '../peers/aws-account'
import { startMoto } from '../peers/moto-server'
import { startOpenaiPeer } from '../peers/openai-peer'
import type { OpenaiPeer } from '../peers/openai-peer'
import { startSagemakerPeer } from '../peers/sagemaker-peer'
import type { SagemakerPeer } from '../peers/sagemaker-peer'
import { buildEngineProcess, engineProcess } from '../support/engine-process'
import type { EngineProcess } from '../support/engine-process'
import { lightProgram } from '../support/fault-runs'
import { until } from '../support/run-folders'
import { option, report, rowOf } from './rows'

/**
 * Fifty jobs that run elsewhere, half at each kind of place, and print nothing: how often the app asks. Requests are counted where they
 * arrive, of every kind, from the moment when the last job has begun. `--seconds` sets how long.
 */
const each = 25
const seconds = option('seconds', 120)
const base = 'gpt-4.1-mini-2025-04-14'

let moto: Awaited<ReturnType<typeof startMoto>>
let sagemaker: SagemakerPeer
let service: OpenaiPeer
let build: Awaited<ReturnType<typeof buildEngineProcess>>
let engine: EngineProcess
const home = mkdtempSync(join(tmpdir(), 'tunesmith-bench-polling-'))
const programFolder = lightProgram()

/** A script that begins, says one step, and is silent from then on. */
const silent = `"""Stands for train.py: begins, and says nothing more."""

import os
import time
from pathlib import Path

from tunesmith_events import EventWriter


#@ insert backend


if __name__ == "__main__":
    writer = EventWriter(Path(__file__).resolve().parent / "events.jsonl")
    writer.emit("init", pid=os.getpid(), versions=VERSIONS, device="cpu", dtype="float32")
    writer.emit("train_begin", total_steps=1000, total_epochs=1, steps_per_epoch=1000, trainable_parameters=1, total_parameters=2, resumed_from_step=0)
    writer.emit("log", step=1, epoch=0.001, loss=3.0, learning_rate=1e-4)
    time.sleep(3600)
`

beforeAll(async () => {
  writeFileSync(join(programFolder, 'python-templates', 'train_main.py'), silent)
  moto = await startMoto()
  sagemaker = await startSagemakerPeer({ moto: moto.endpoint, runner: 'direct', graceMs: 100 })
  sagemaker.control({ quotas: { 'ml.g5.xlarge for training job usage': 2 * each } })
  service = await startOpenaiPeer({ stepMs: 50, hold: true })
  build = await buildEngineProcess()
  const account = await prepareAccount(moto.endpoint)
  engine = engineProcess(build.script, { home, programFolder, env: { ...sagemaker.env(), ...account.env } })
  await engine.start()
  await engine.request('settings.set', { cloud: { concurrentJobs: 2 * each, monthlyBudgetUsd: null, stopOverBudget: false, fetchPrices: false } })
  const { datasetId } = await engine.request('datasets.addSample', undefined)
  const { connectionId: aws } = await engine.request('connections.add', account.connection)
  const { connectionId: other } = await engine.request('connections.add', { kind: 'openai', name: 'Service', preset: 'custom', baseUrl: service.baseUrl, organization: null, project: null })
  await engine.request('secrets.set', { name: connectionKey(other), value: service.key })
  const { modelId: remote } = await engine.request('models.addRemote', { connectionId: other, name: base, deployment: null })
  const demo = await until('the demo model is there', async () => (await engine.request('models.list', undefined)).find(({ kind }) => kind === 'demo')?.id)
  for (let number = 1; number <= each; number += 1) {
    await create(`aws ${number}`, 'sagemaker', demo, datasetId, {
      kind: 'sagemaker', connectionId: aws, trainer: 'huggingface', instanceType: 'ml.g5.xlarge', instanceCount: 1, volumeGb: 30, spot: false, maxRunSeconds: 3600, maxWaitSeconds: null, imageUri: null,
      hubTokenSecret: null,
    })
    await create(`service ${number}`, 'openai', remote, datasetId, openaiOptions(other))
  }
}, 300_000)
afterAll(async () => {
  await engine.close()
  await service.close()
  await sagemaker.stop()
  await moto.stop()
  build.dispose()
  for (const folder of [home, programFolder]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

const openaiOptions = (connectionId: ConnectionId): NonNullable<JobRequest['cloud']> => ({ kind: 'openai', connectionId, epochs: 1, batchSize: 'auto', learningRateMultiplier: 'auto', suffix: null, trainingType: null })

async function create(name: string, backend: BackendId, modelId: ModelId, datasetId: DatasetId, cloud: NonNullable<JobRequest['cloud']>): Promise<void> {
  const { settings } = await engine.request('jobs.defaults', { modelId, datasetId, backend, method: 'lora' })
  const created = await engine.request('jobs.create', {
    name, backend, modelId, datasetId, device: { kind: 'auto' }, settings: { ...settings, length: { kind: 'steps', steps: 1000 }, evaluateEverySteps: 0, checkpointEverySteps: 500 }, cloud, budget: null,
  })
  if ('refused' in created) throw new Error(JSON.stringify(created.refused))
}

it('asks each of fifty silent jobs at most once in 10 s', async () => {
  const running = async () => (await engine.request('jobs.list', undefined)).filter(({ state, backend, step }) => state === 'running' && (backend === 'openai' || step >= 1))
  await until('all have begun', async () => (await running()).length === 2 * each || undefined, 300_000)
  const counts = () => ({ sagemaker: sagemaker.requests().length, service: service.journal.length })
  const before = counts()
  await wait(seconds * 1000)
  const after = counts()
  expect((await running()).length).toBe(2 * each)
  const perJob = (requests: number, jobs: number): number => requests / jobs / (seconds / 10)
  const [atAws, atService] = [after.sagemaker - before.sagemaker, after.service - before.service]
  const figure = `${2 * each} remote jobs followed while nothing changes, ${seconds} s: requests per job per 10 s`
  report(
    rowOf({ figure, bound: 'at most 1', unit: 'requests' }, [perJob(atAws + atService, 2 * each)], (value) => value <= 1),
    rowOf({ figure: `${figure}, SageMaker`, bound: null, unit: 'requests' }, [perJob(atAws, each)], null),
    rowOf({ figure: `${figure}, OpenAI protocol`, bound: null, unit: 'requests' }, [perJob(atService, each)], null),
  )
  // An app that asks nothing follows nothing.
  expect(Math.min(atAws, atService)).toBeGreaterThan(each)
}, 600_000 + seconds * 1000)
