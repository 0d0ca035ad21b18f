import type { RunEnding } from '../shared/run-observation'

/** What a status of the protocol means for a run: it goes on, or it has ended. */
export type StatusMeaning = { readonly kind: 'goes-on'; readonly text: string } | { readonly kind: 'ended'; readonly ending: Exclude<RunEnding, 'lost'> }

const meanings: Readonly<Record<string, StatusMeaning>> = {
  validating_files: { kind: 'goes-on', text: 'The service checks the files' },
  queued: { kind: 'goes-on', text: 'Waiting in the service\'s queue' },
  pending: { kind: 'goes-on', text: 'Waiting in the service\'s queue' },
  running: { kind: 'goes-on', text: 'Training' },
  pausing: { kind: 'goes-on', text: 'The service is about to pause the job' },
  paused: { kind: 'goes-on', text: 'Paused at the service' },
  succeeded: { kind: 'ended', ending: 'completed' },
  failed: { kind: 'ended', ending: 'failed' },
  cancelled: { kind: 'ended', ending: 'stopped' },
}

/** A status that is not known is shown as it is, and never ends a job. */
export function statusMeaning(status: string): StatusMeaning {
  const known = Object.hasOwn(meanings, status) ? meanings[status] : undefined
  return known ?? { kind: 'goes-on', text: `The service says: ${status.slice(0, 60)}` }
}
