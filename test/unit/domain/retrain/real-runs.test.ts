import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { curveOf } from '../../../../electron/domain/retrain/curve-shape'
import { proposeChanges, withChanges } from '../../../../electron/domain/retrain/propose-changes'
import type { RunEvidence } from '../../../../electron/domain/retrain/run-evidence'
import { parseEventLines } from '../../../../electron/parsing/event-line'
import { realRun } from '../../../support/retrain-fixtures'
import { spoiltRuns } from '../../../support/spoilt-runs'
import { eventsOf } from '../../../support/training-run'
import { commonSettings } from './made-runs'

describe('runs of the demo model that were spoilt on purpose', () => {
  it.each(spoiltRuns)('$finding leads after: $name (catches thresholds that only made curves meet)', ({ finding }) => {
    const run = realRun(finding)
    const { findings, changes } = proposeChanges(run)
    expect(findings[0]?.kind).toBe(finding)
    expect(findings[0]?.evidence).toMatch(/\d/)
    expect(changes.length).toBeGreaterThan(0)
    expect(changes.every((change) => change.finding === finding)).toBe(true)
    expect(withChanges(run.settings, changes).seed).toBe(run.settings.seed)
  })

  it.each(spoiltRuns.filter(({ finding }) => finding !== 'forgetting'))('half of the log lines of $finding give the same finding (catches a rule that hangs on single points)', ({ finding }) => {
    const run = realRun(finding)
    const every = (curve: RunEvidence['loss'], first: number) => curveOf(curve.step.filter((_, i) => i % 2 === first), curve.value.filter((_, i) => i % 2 === first))
    for (const first of [0, 1]) expect(proposeChanges({ ...run, loss: every(run.loss, first) }).findings[0]?.kind).toBe(finding)
  })

  it('finds nothing in a run with the usual settings', () => {
    expect(proposeChanges(realRun('healthy'))).toMatchObject({ findings: [], changes: [] })
  })
})

describe('runs that failed', () => {
  const failed = (name: string, cause: RunEvidence['cause']): RunEvidence => {
    const { events } = parseEventLines(readFileSync(new URL(`../../../fixtures/failures/${name}/events.jsonl`, import.meta.url), 'utf8'))
    const points = eventsOf(events, 'metrics')
    const curve = (metric: 'loss' | 'evalLoss') => curveOf(points.map(({ step }) => step), points.map(({ values }) => values[metric] ?? NaN))
    return { settings: commonSettings, usual: null, trainRows: 100, evalRows: 0, ending: 'failed', cause, loss: curve('loss'), evalLoss: curve('evalLoss'), nonfiniteStep: points.find(({ nonfinite }) => nonfinite.includes('loss'))?.step ?? null, compared: [] }
  }

  it('a real NaN is named with its step', () => {
    const { findings, changes } = proposeChanges(failed('nan-loss', 'nan-loss'))
    expect(findings).toEqual([{ kind: 'divergence', step: 3, evidence: 'The loss was no finite number from step 3 on.' }])
    expect(changes.map(({ field, to }) => [field, to])).toEqual([['learningRate', 2e-5], ['warmupRatio', 0.1]])
  })

  it('real ends by memory get the ready-made change, wherever they came (catches one that needs a curve)', () => {
    for (const name of ['out-of-memory-allocator', 'out-of-memory-kernel', 'out-of-memory-python']) {
      expect(proposeChanges(failed(name, 'out-of-memory')).changes.map(({ field, to }) => [field, to])).toEqual([['microBatch', 2], ['gradientAccumulation', 8]])
    }
  })
})
