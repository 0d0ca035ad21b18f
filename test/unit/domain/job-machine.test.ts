import { describe, expect, it } from 'vitest'
import { canDelete, canRetry, isTerminal, nextState, type JobMachineEvent } from '../../../electron/domain/job-machine'
import { JobState } from '../../../electron/shared/job-state'
import { activeStates, terminalStates } from '../../../electron/shared/job-state-groups'

const events = {
  enqueue: { kind: 'enqueue' },
  prepare: { kind: 'prepare' },
  unprepare: { kind: 'unprepare' },
  started: { kind: 'started' },
  pause: { kind: 'pause-requested' },
  stop: { kind: 'stop-requested' },
  force: { kind: 'force-requested' },
  completed: { kind: 'finished', outcome: 'completed' },
  stopped: { kind: 'finished', outcome: 'stopped' },
  failed: { kind: 'finished', outcome: 'failed' },
  lost: { kind: 'lost' },
  found: { kind: 'found' },
  continued: { kind: 'continued' },
} as const satisfies Record<string, JobMachineEvent>

// Every state x every event, `-` is refused. Written by hand from the product's rules, not from the code.
const table = `
state       enqueue prepare   unprepare started    pause   stop       force      completed stopped   failed    lost        found   continued
draft       queued  -         -         -          -       cancelled  cancelled  -         -         -         -           -       -
queued      -       preparing -         -          -       cancelled  cancelled  -         -         -         -           -       -
preparing   -       -         queued    running    -       cancelling cancelling succeeded cancelled failed    interrupted -       -
running     -       -         -         -          pausing cancelling cancelling succeeded cancelled failed    interrupted -       -
pausing     -       -         -         -          pausing cancelling cancelling succeeded paused    failed    interrupted -       -
paused      -       -         -         -          -       cancelled  cancelled  -         -         -         -           -       cancelled
cancelling  -       -         -         cancelling -       cancelling cancelling succeeded cancelled cancelled cancelled   -       -
succeeded   -       -         -         -          -       -          -          -         -         -         -           -       -
failed      -       -         -         -          -       -          -          -         -         -         -           -       -
cancelled   -       -         -         -          -       -          -          -         -         -         -           -       -
interrupted -       -         -         -          -       -          -          -         -         -         -           running -
`
const [header = [], ...rows] = table.trim().split('\n').map((line) => line.trim().split(/\s+/))

describe('job machine', () => {
  it('the hand-written table covers every state and every event', () => {
    expect(rows.map((row) => row[0]).sort()).toEqual([...JobState.options].sort())
    expect(header.slice(1).sort()).toEqual(Object.keys(events).sort())
  })

  // Catches a move that is added, lost or points elsewhere, such as a crash that turns a cancelled run into a failed one.
  for (const row of rows) {
    const from = JobState.parse(row[0])
    it(`moves from ${from} as the table says`, () => {
      for (const [index, name] of header.entries()) {
        if (index === 0) continue
        const event = events[name as keyof typeof events]
        const expected = row[index]
        expect(nextState(from, event), `${from} + ${name}`).toEqual(
          expected === '-' ? { kind: 'refused', from, event: event.kind } : { kind: 'moved', from, to: expected },
        )
      }
    })
  }

  // Catches a state in which a job would hang for ever once its process is gone.
  it('every active state ends when its process is lost, and every state but the terminal ones can be stopped', () => {
    for (const state of activeStates) {
      const moved = nextState(state, events.lost)
      expect(moved.kind === 'moved' && isTerminal(moved.to), state).toBe(true)
    }
    for (const state of JobState.options) {
      expect(nextState(state, events.stop).kind, state).toBe(isTerminal(state) ? 'refused' : 'moved')
    }
  })

  it('reaches every state but draft from another one', () => {
    const reached = new Set<JobState>()
    for (const from of JobState.options) {
      for (const event of Object.values(events)) {
        const moved = nextState(from, event)
        if (moved.kind === 'moved' && moved.to !== from) reached.add(moved.to)
      }
    }
    expect([...reached].sort()).toEqual(JobState.options.filter((state) => state !== 'draft').sort())
  })

  // Catches deleting a run whose process still writes into its folder.
  it('refuses to delete what may have a process, and retries only what is over', () => {
    for (const state of JobState.options) {
      expect(canDelete(state), state).toBe(!activeStates.includes(state))
      expect(canRetry(state), state).toBe(terminalStates.includes(state) || state === 'paused')
    }
  })
})
