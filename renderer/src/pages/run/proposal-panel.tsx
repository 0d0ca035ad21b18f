import { Play, SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import type { JobRequest } from '../../../../electron/shared/job-spec'
import type { JobSummary } from '../../../../electron/shared/job'
import type { FindingKind, RetrainProposal, SpecChange } from '../../../../electron/shared/retrain'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { ErrorNotice } from '../../components/notice'
import { Badge } from '../../components/state-mark'
import { go } from '../../router'
import { attempt } from '../../stores/attempt'
import { useDraft } from '../../stores/draft'
import { toast } from '../../stores/ui'
import { number } from '../../text/format'
import type { Tone } from '../../text/job-words'
import { settingName, settingValue } from '../../text/setting-words'
import { useProposal } from './use-proposal'
import './proposal.css'

const findingWords: Readonly<Record<FindingKind, { readonly word: string; readonly tone: Tone }>> = {
  overfitting: { word: 'Overfitting', tone: 'warn' },
  underfitting: { word: 'Underfitting', tone: 'info' },
  divergence: { word: 'Divergence', tone: 'bad' },
  plateau: { word: 'Plateau', tone: 'info' },
  forgetting: { word: 'Forgetting', tone: 'warn' },
  'out-of-memory': { word: 'Out of memory', tone: 'bad' },
}

/** What the curves of a run that is over speak for, as a strip of its page; nothing while it goes on. */
export function RunProposal({ job }: { readonly job: JobSummary }) {
  const { proposal, error } = useProposal(job)
  if (error !== null) return <div className="run-notice"><ErrorNotice error={error} /></div>
  if (proposal === null) return null
  if (proposal.findings.length === 0) return proposal.note === null ? null : <p className="proposal-none small quiet">{proposal.note}</p>
  return <ProposalPanel proposal={proposal} />
}

/** Findings with their evidence, the changed settings, and two ways on. `framed` where it stands among panels. */
export function ProposalPanel({ proposal, framed = false }: { readonly proposal: RetrainProposal; readonly framed?: boolean }) {
  const { findings, changes, note } = proposal
  return (
    <section className={framed ? 'panel proposal' : 'proposal'} aria-label="Next run">
      <div className="panel-head">
        <h2>Next run</h2>
        {findings.map(({ kind }, index) => <Badge key={`${kind} ${index}`} tone={findingWords[kind].tone}>{findingWords[kind].word}</Badge>)}
      </div>
      <div className="proposal-body">
        <div className="proposal-text">
          {findings.map(({ evidence }) => <p key={evidence} className="small second">{evidence}</p>)}
          {note !== null && <p className="small second">{note}</p>}
          {changes.length > 0 && <Changes changes={changes} ofService={proposal.request?.cloud?.kind === 'openai'} />}
        </div>
        {proposal.request !== null && <Ways proposal={proposal} request={proposal.request} leads={framed} />}
      </div>
    </section>
  )
}

function Changes({ changes, ofService }: { readonly changes: readonly SpecChange[]; readonly ofService: boolean }) {
  const multiplier = (change: SpecChange): boolean => ofService && change.field === 'learningRate'
  const words = (change: SpecChange, value: SpecChange['to']): string => (multiplier(change) && typeof value === 'number' ? number(value, 3) : settingValue(change.field, value))
  return (
    <table className="proposal-table" aria-label="Changed settings">
      <thead>
        <tr><th scope="col">Setting</th><th scope="col" className="numeric">This run</th><td /><th scope="col">Next run</th><th scope="col">Why</th></tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.field}>
            <th scope="row">{multiplier(change) ? 'Learning rate multiplier' : settingName(change.field)}</th>
            <td className="numeric second">{words(change, change.from)}</td>
            <td className="quiet" aria-hidden="true">→</td>
            <td className="medium">{words(change, change.to)}</td>
            <td className="second proposal-reason">{change.reason}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** `leads`: no other button of the page comes first. */
function Ways({ proposal, request: changed, leads }: { readonly proposal: RetrainProposal; readonly request: JobRequest; readonly leads: boolean }) {
  const [busy, setBusy] = useState(false)
  const start = async (): Promise<void> => {
    setBusy(true)
    const answer = await attempt(() => request('jobs.createFrom', { request: changed, basedOn: proposal.basedOn }))
    setBusy(false)
    if (answer === null) return
    if ('jobId' in answer) go({ page: 'run', id: answer.jobId })
    else toast({ title: 'The changed run cannot start', detail: answer.refused.map((issue) => issue.message).join(' '), tone: 'bad' })
  }
  const edit = (): void => {
    useDraft.getState().takeProposal(changed, proposal.basedOn)
    go({ page: 'train' })
  }
  return (
    <div className="proposal-ways">
      <Button look={leads ? 'primary' : 'plain'} icon={Play} busy={busy} onPress={() => void start()}>Start this run</Button>
      <Button icon={SlidersHorizontal} disabled={busy} onPress={edit}>Edit first</Button>
      <p className="help">A new run, {changed.name}, linked to this one. Everything else stays, the seed too.</p>
    </div>
  )
}
