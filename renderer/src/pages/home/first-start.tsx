import { ChartSpline, Columns2, Database, Eye, Play } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { describeGpuState } from '../../../../electron/shared/gpu-state-words'
import { request } from '../../bridge'
import { Button } from '../../components/button'
import { EnvironmentSteps } from '../../components/environment-steps'
import { PageHead, Panel } from '../../components/layout'
import { Notice } from '../../components/notice'
import { Badge, toneIcons } from '../../components/state-mark'
import { go, hrefOf } from '../../router'
import { useCommand } from '../../shell/commands'
import { attempt } from '../../stores/attempt'
import { useHardware } from '../../stores/hardware'
import { pickAndImport } from '../../stores/imports'
import { useEnvironments } from '../../stores/lists'
import { useSettings } from '../../stores/settings'
import { bytes, bytesOf } from '../../text/format'
import type { Tone } from '../../text/job-words'

/** Before an environment is ready: set it up with one press, see what was checked, and what works already. */
export function FirstStart({ onSkip }: { onSkip(): void }) {
  const machine = useHardware((state) => state.machine)
  const noGpu = machine !== null && machine.gpus.kind !== 'ok'
  return (
    <>
      <PageHead title="Welcome to Tunesmith">
        <Button look="quiet" onPress={onSkip}>
          Skip
        </Button>
      </PageHead>
      <div className="split first-start">
        <div className="pane pane-page pane-scroll first-start-main">
          {noGpu && (
            <Notice tone="warn" title={`${describeGpuState(machine.gpus).title}. Everything below works anyway.`}>
              Large models wait for a GPU; learning the tool, preparing data and small models do not. Nothing is lost when you add one later.
            </Notice>
          )}
          <SetUp />
          <h2 className="first-start-head">What you can do, without a network</h2>
          <div className="panel">
            <Offer icon={Play} title="Train the demo model" text="A toy for learning the tool. The whole way from data to comparison in a few minutes, once the environment is ready." />
            <Offer icon={Database} title="Prepare your data" text="Find the format, check every line, split." action={<Button onPress={() => void pickAndImport()}>Choose a file</Button>} />
            <Offer
              icon={Eye}
              title="Look at the sample"
              text="The rows that the demo model learns from, turn by turn."
              action={
                <Button onPress={() => void attempt(() => request('datasets.addSample')).then((added) => { if (added !== null) go({ page: 'datasets', id: added.datasetId }) })}>
                  Open the sample
                </Button>
              }
            />
            <Offer icon={ChartSpline} title="Plan a run" text="Choose a model and data and see what it would need." action={<Button onPress={() => { go({ page: 'train' }) }}>Set up a run</Button>} />
            <Offer icon={Columns2} title="Compare models" text="Side by side on the same prompts, with intervals." action={<Button onPress={() => { go({ page: 'compare', id: null, query: '' }) }}>Compare</Button>} />
          </div>
        </div>
        <Checks />
      </div>
    </>
  )
}

/** One button; while it works, its steps. */
function SetUp() {
  const environments = useEnvironments((state) => state.items)
  const machine = useHardware((state) => state.machine)
  const current = environments[0]
  const profile = machine?.gpus.kind === 'ok' ? 'cuda' : 'cpu'
  const create = (): void => void attempt(() => request('environments.create', { profile, wheels: null }))
  const goOn = (): void => {
    if (current !== undefined) void attempt(() => request('environments.continue', { environmentId: current.id }))
  }
  useCommand('primary', machine === null ? null : current === undefined ? create : current.state === 'installing' ? null : goOn)
  if (current === undefined) {
    return (
      <Panel title="Set up the Python environment" end={<span>once, then it is reused</span>}>
        <div className="row row-between">
          <p className="second">
            Tunesmith keeps a Python environment of its own with pinned versions; both backends share it. For this machine that is <b>{profile}</b>: about {profile === 'cuda' ? '8 GB' : '2 GB'} on the disk, and a few minutes
            {profile === 'cuda' ? ' to download.' : '.'}
          </p>
          <Button look="primary" disabled={machine === null} onPress={create}>
            Set up
          </Button>
        </div>
        <p className="quiet small first-start-more">
          No network? <a href={hrefOf({ page: 'settings', section: 'environments' })}>Use a folder of wheels or an existing Python</a>.
        </p>
      </Panel>
    )
  }
  const busy = current.state === 'installing'
  return (
    <Panel
      title={busy ? `Setting up ${current.name}` : `${current.name} is not ready`}
      end={
        busy ? (
          <Button size="small" onPress={() => void attempt(() => request('environments.cancel', { environmentId: current.id }))}>
            Cancel
          </Button>
        ) : (
          <Button look="primary" size="small" onPress={goOn}>
            Go on
          </Button>
        )
      }
    >
      <div className="stack">
        {current.problem !== null && (
          <Notice tone="bad" title={current.problem.message}>
            <span className="next">Next: {current.problem.next}</span>
          </Notice>
        )}
        <EnvironmentSteps steps={current.steps} />
      </div>
    </Panel>
  )
}

function Offer({ icon: Icon, title, text, action }: { readonly icon: LucideIcon; readonly title: string; readonly text: string; readonly action?: ReactNode }) {
  return (
    <div className="offer">
      <span className="offer-icon" aria-hidden="true"><Icon /></span>
      <div className="grow">
        <h3>{title}</h3>
        <p className="second small">{text}</p>
      </div>
      {action ?? <Badge>after the set-up</Badge>}
    </div>
  )
}

function Checks() {
  const machine = useHardware((state) => state.machine)
  const checking = useHardware((state) => state.checking)
  const refresh = useHardware((state) => state.refresh)
  const environments = useEnvironments((state) => state.items)
  const offline = useSettings((state) => state.settings.hub.offline)
  const python = environments.find((one) => one.pythonVersion !== null)
  return (
    <aside className="pane pane-scroll checks" aria-label="What was checked">
      <h2 className="first-start-head">What was checked</h2>
      {machine !== null && (
        <>
          <Check tone={machine.gpus.kind === 'ok' ? 'good' : 'warn'} title={describeGpuState(machine.gpus).title}>
            {machine.gpus.kind === 'ok' ? `driver ${machine.gpus.driverVersion ?? 'of unknown version'}` : describeGpuState(machine.gpus).advice}
            {machine.otherGpus[0] !== undefined && ` A display adapter of another maker is there: ${machine.otherGpus[0].name}.`}
          </Check>
          <Check tone="good" title="Memory and disk">
            {bytesOf(machine.memory.availableBytes, machine.memory.totalBytes)} of memory free{machine.disk === null ? '' : `, ${bytes(machine.disk.freeBytes)} on the disk`}
          </Check>
          <Check tone="good" title="Processor">
            {machine.cpu.model}, {machine.cpu.logicalCores} threads
          </Check>
        </>
      )}
      <Check tone={python === undefined ? 'info' : 'good'} title="Python">
        {python === undefined ? 'looked for by the set-up: 3.11 or newer' : `${python.pythonVersion ?? ''} found`}
      </Check>
      {offline && <Check tone="info" title="Network">Offline. Not needed for the demo; model hubs wait.</Check>}
      <div className="row">
        <Button busy={checking} onPress={() => void attempt(refresh)}>
          Check again
        </Button>
      </div>
      {machine !== null && machine.gpus.kind !== 'ok' && (
        <>
          <hr className="rule" />
          <h2 className="first-start-head">If this machine has an NVIDIA GPU</h2>
          <ol className="numbered">
            <li>Install the driver from your system's driver tool.</li>
            <li>Restart the machine.</li>
            <li>Then <code>nvidia-smi</code> in a terminal lists the GPU.</li>
          </ol>
        </>
      )}
    </aside>
  )
}

function Check({ tone, title, children }: { readonly tone: Tone; readonly title: string; readonly children: ReactNode }) {
  const Icon = toneIcons[tone]
  return (
    <div className="check">
      <Icon className={`ink-${tone}`} aria-hidden="true" />
      <div>
        <h3>{title}</h3>
        <p className="quiet micro">{children}</p>
      </div>
    </div>
  )
}
