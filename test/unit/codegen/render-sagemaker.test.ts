import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { containerJob, fromWheels, renderSagemaker } from '../../../electron/codegen/render-sagemaker'
import { renderRun } from '../../../electron/codegen/render-run'
import { loadTemplates } from '../../../electron/process/templates'
import { JobId } from '../../../electron/shared/ids'
import { listsFolder, sagemakerSpec } from '../../support/sagemaker-place'
import { templatesFolder, testSpec } from '../../support/training-run'

const templates = await loadTemplates(templatesFolder)
const pins = readFileSync(join(listsFolder, 'cuda.txt'), 'utf8')

describe('renderSagemaker', () => {
  it('sends the script of a local run, letter for letter (catches a second script that drifts away)', () => {
    const files = renderSagemaker(sagemakerSpec(), templates, pins)
    const local = renderRun(testSpec({ backend: 'huggingface' }), templates)
    for (const name of ['train.py', 'tunesmith_events.py', 'tunesmith_data.py', 'tunesmith_trainer.py']) expect(files[name]).toBe(local[name])
    expect(Object.keys(files).sort()).toEqual([...Object.keys(local), 'requirements.txt', 'sagemaker_entry.py'].sort())
  })

  it.each(['huggingface', 'unsloth'] as const)('pins what %s needs and never PyTorch (catches an install that replaces the PyTorch of the image)', (trainer) => {
    const files = renderSagemaker(sagemakerSpec({}, { trainer }), templates, pins)
    const lines = (files['requirements.txt'] ?? '').trim().split('\n')
    expect(lines.length).toBeGreaterThan(40)
    for (const line of lines) expect(line).toMatch(/^[\w.-]+==[\w.+!-]+( *;.*)?$/)
    const names = lines.map((line) => line.split('==')[0])
    expect(names).toEqual(expect.arrayContaining(['transformers', 'trl', 'peft', 'datasets', 'accelerate', 'bitsandbytes']))
    for (const name of ['torch', 'torchvision', 'xformers', 'triton', 'unsloth', 'unsloth_zoo']) expect(names).not.toContain(name)
    expect(files['requirements-alone.txt']?.split('\n').map((line) => line.split('==')[0])).toEqual(trainer === 'unsloth' ? ['cut-cross-entropy', 'unsloth', 'unsloth_zoo', ''] : undefined)
    expect(fromWheels('a==1\n')).toBe('--no-index\n--find-links ../input/data/wheels\na==1\n')
  })

  it('names no place of this machine in the job that is sent (catches a path that the container lacks)', () => {
    const resume = { jobId: JobId.parse('job_0000000000000001'), checkpointPath: '/home/ada/checkpoint-8', step: 8 }
    const spec = sagemakerSpec({ resume, data: { trainPath: '/home/ada/train.jsonl', evalPath: '/home/ada/eval.jsonl' }, model: { path: '/home/ada/model' } })
    const text = containerJob(spec, { sendsModel: true, hasEvalFile: true, stopRequest: 's3://b/k' })
    expect(text).not.toContain('/home/ada')
    expect(JSON.parse(text)).toMatchObject({ model: { path: '$SM_CHANNEL_MODEL' }, data: { trainPath: '$SM_CHANNEL_TRAIN/train.jsonl' }, resume: { checkpointPath: '$SM_CHANNEL_CHECKPOINT', step: 8 }, settings: spec.settings })
  })
})
