import { FolderOpen, Plus, SquareTerminal, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { EnvironmentSummary } from '../../../../electron/shared/environment'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { EnvironmentSteps, stepWords } from '../../components/environment-steps'
import { Empty } from '../../components/layout'
import { Notice } from '../../components/notice'
import { Badge, toneIcons } from '../../components/state-mark'
import { useNow } from '../../shell/use-now'
import { attempt } from '../../stores/attempt'
import { useHardware } from '../../stores/hardware'
import { useEnvironments } from '../../stores/lists'
import { ask, toast } from '../../stores/ui'
import { bytes, counted, dayAndTime } from '../../text/format'
import type { Tone } from '../../text/job-words'
import { EnvironmentLog } from './environment-log'

const useProfile = (): 'cpu' | 'cuda' => useHardware((state) => (state.machine?.gpus.kind === 'ok' ? 'cuda' : 'cpu'))

/** Buttons of the head: other ways to an environment than the network. */
export function EnvironmentActions() {
  const profile = useProfile()
  const useWheels = (): void =>
    void attempt(async () => {
      const picked = await request('files.pick', { purpose: 'wheels' })
      if (picked !== null) await request('environments.create', { profile, wheels: picked.token })
    })
  const useExisting = (): void =>
    void attempt(async () => {
      const picked = await request('files.pick', { purpose: 'python' })
      if (picked !== null) await request('environments.useExisting', { token: picked.token })
    })
  return (
    <>
      <Button icon={FolderOpen} onPress={useWheels}>
        Use offline wheels
      </Button>
      <Button icon={Plus} onPress={useExisting}>
        Use an existing Python
      </Button>
    </>
  )
}

const create = (profile: 'cpu' | 'cuda'): void => void attempt(() => request('environments.create', { profile, wheels: null }))

export function EnvironmentsSection() {
  const environments = useEnvironments((state) => state.items)
  const best = useProfile()
  const missing = (['cuda', 'cpu'] as const).filter((profile) => !environments.some((one) => one.profile === profile))
  return (
    <>
      <p className="second">Tunesmith keeps Python environments of its own, with pinned versions; both local backends share one. Each run records what it used.</p>
      {environments.map((environment) => (
        <EnvironmentCard key={environment.id} environment={environment} />
      ))}
      {environments.length === 0 && (
        <Empty icon={SquareTerminal} title="No environment yet" actions={<Button look="primary" onPress={() => { create(best) }}>Set up {best}</Button>}>
          Training, the token view and chatting need one. For this machine that is {best}.
        </Empty>
      )}
      {environments.length > 0 && missing.length > 0 && (
        <div className="row">
          {missing.map((profile) => (
            <Button key={profile} icon={Plus} onPress={() => { create(profile) }}>
              Set up {profile}
            </Button>
          ))}
        </div>
      )}
    </>
  )
}

const states: Readonly<Record<EnvironmentSummary['state'], { readonly tone: Tone; readonly word: string }>> = {
  installing: { tone: 'info', word: 'Installing' },
  ready: { tone: 'good', word: 'Ready' },
  failed: { tone: 'bad', word: 'Failed' },
  cancelled: { tone: 'plain', word: 'Cancelled' },
  broken: { tone: 'bad', word: 'Broken' },
}

const profileText: Readonly<Record<EnvironmentSummary['profile'], string>> = {
  cpu: 'both backends, without a GPU',
  cuda: 'both backends, on the GPU',
  existing: 'an interpreter of yours',
}

function EnvironmentCard({ environment }: { readonly environment: EnvironmentSummary }) {
  const { id, name, profile, state, steps, problem } = environment
  const { tone, word } = states[state]
  const failedAt = steps.findIndex((step) => step.state === 'failed')
  const failedStep = steps[failedAt]
  const input = { environmentId: id }
  return (
    <section className="panel" aria-label={name}>
      <div className="panel-head environment-head">
        <SquareTerminal aria-hidden="true" />
        <h2>{name}</h2>
        <span className="second small cut">
          {profileText[profile]}
          {failedStep !== undefined && ` · stopped at step ${failedAt + 1}, ${stepWords[failedStep.step].toLowerCase()}`}
        </span>
        <div className="panel-end">
          <Badge tone={tone} icon={toneIcons[tone]}>{word}</Badge>
          {state === 'installing' && <Button onPress={() => void attempt(() => request('environments.cancel', input))}>Cancel</Button>}
          {(state === 'failed' || state === 'cancelled') && <Button look="primary" onPress={() => void attempt(() => request('environments.continue', input))}>{failedAt < 0 ? 'Go on' : `Go on from step ${failedAt + 1}`}</Button>}
          {state === 'ready' && <Button onPress={() => void attempt(() => request('environments.verify', input))}>Verify</Button>}
          {(state === 'ready' || state === 'broken') && profile !== 'existing' && <Button look={state === 'broken' ? 'primary' : 'plain'} onPress={() => void attempt(() => request('environments.repair', input))}>Repair</Button>}
          {state !== 'installing' && <Button look="quiet" icon={Trash2} label={`Remove ${name}`} onPress={() => void removeEnvironment(environment)} />}
        </div>
      </div>
      {problem !== null && (
        <div className="environment-part">
          <Notice tone="bad" title={problem.message}>
            <span className="next">Next: {problem.next}</span>
          </Notice>
        </div>
      )}
      {state === 'installing' ? (
        <div className="environment-split">
          <div className="environment-part"><EnvironmentSteps steps={steps} /></div>
          <EnvironmentLog environmentId={id} />
        </div>
      ) : (
        <EnvironmentFacts environment={environment} />
      )}
    </section>
  )
}

const leading = ['torch', 'transformers', 'trl', 'peft', 'unsloth', 'bitsandbytes']

function EnvironmentFacts({ environment }: { readonly environment: EnvironmentSummary }) {
  const nowMs = useNow(60_000)
  const [open, setOpen] = useState<'packages' | 'log' | null>(null)
  const { packages, sizeBytes, verifiedAtMs, pythonVersion, installer, path, id } = environment
  const names = Object.keys(packages).toSorted()
  const toggle = (part: 'packages' | 'log'): void => { setOpen(open === part ? null : part) }
  return (
    <div className="environment-part small">
      <div className="packages">
        {leading.filter((name) => packages[name] !== undefined).map((name) => (
          <span key={name}><span className="quiet">{name}</span> {packages[name]}</span>
        ))}
        {pythonVersion !== null && <span><span className="quiet">Python</span> {pythonVersion}{installer === null ? '' : `, by ${installer}`}</span>}
        {sizeBytes !== null && <span className="quiet">{bytes(sizeBytes)} on disk</span>}
        {verifiedAtMs !== null && <span className="quiet">verified {dayAndTime(verifiedAtMs, nowMs)}</span>}
      </div>
      <p className="quiet micro cut" title={path}>{path}</p>
      <div className="row environment-more">
        {names.length > 0 && <Button look="link" size="small" onPress={() => { toggle('packages') }}>{open === 'packages' ? 'Hide packages' : `All ${counted(names.length, 'package')}`}</Button>}
        <Button look="link" size="small" onPress={() => { toggle('log') }}>{open === 'log' ? 'Hide log' : 'Show log'}</Button>
      </div>
      {open === 'packages' && (
        <div className="packages packages-all">
          {names.map((name) => (
            <span key={name}><span className="quiet">{name}</span> {packages[name]}</span>
          ))}
        </div>
      )}
      {open === 'log' && <EnvironmentLog environmentId={id} />}
    </div>
  )
}

async function removeEnvironment(environment: EnvironmentSummary): Promise<void> {
  const own = environment.profile !== 'existing'
  const answer = await ask({
    title: `Remove ${environment.name}?`,
    body: own ? `Its folder${environment.sizeBytes === null ? '' : `, ${bytes(environment.sizeBytes)},`} is deleted. This cannot be undone, but it can be set up again. Runs and models stay.` : 'It leaves the list. The interpreter itself is yours and stays as it is.',
    confirm: 'Remove environment',
    danger: true,
  })
  if (answer !== 'confirm') return
  const removed = await attempt(async () => {
    await request('environments.remove', { environmentId: environment.id })
    return true
  })
  if (removed !== null) toast({ title: 'Environment removed', detail: environment.name })
}
