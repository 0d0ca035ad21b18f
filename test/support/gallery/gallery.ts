import '../../../renderer/src/styles/tokens.css'
import '../../../renderer/src/styles/base.css'
import '../../../renderer/src/styles/shell.css'
import '../../../renderer/src/styles/controls.css'
import '../../../renderer/src/styles/data.css'
import '../../../renderer/src/styles/overlays.css'
import '../../../renderer/src/styles/pages.css'
import '../../../renderer/src/styles/home.css'
import { defaultSettings } from '../../../electron/shared/default-settings'
import { fakeEnvironment, fakeFailed, fakeInstalling, fakeMachineWithoutGpu, fakeModels } from '../fake-data'
import { fakeTunesmith } from '../fake-tunesmith'
import type { FakeState } from '../fake-tunesmith'
import { answerRuns } from '../fake-runs'
import { answerProposals } from '../fake-proposal'
import { answerComparisons, fakeComparison } from '../fake-comparison'

/** The real window on the fake engine, to look at pages without one: `?scene=first-start&theme=dark#/home`. */
const query = new URLSearchParams(window.location.search)
const theme = query.get('theme') === 'dark' ? 'dark' : 'light'
const demo = fakeModels.filter((model) => model.kind === 'demo')

const scenes: Readonly<Record<string, Partial<FakeState>>> = {
  'first-start': { jobs: [], models: demo, datasets: [], environments: [], machine: fakeMachineWithoutGpu },
  installing: { jobs: [], models: demo, datasets: [], environments: [fakeInstalling], machine: fakeMachineWithoutGpu },
  empty: { jobs: [], models: demo, datasets: [], environments: [fakeEnvironment(1, { name: 'cpu', profile: 'cpu' })], machine: fakeMachineWithoutGpu },
  compared: { comparisons: [fakeComparison] },
  environments: { environments: [fakeInstalling, fakeFailed, fakeEnvironment(1)] },
}

const fake = fakeTunesmith({ settings: { ...defaultSettings, theme }, ...scenes[query.get('scene') ?? ''] })
answerRuns(fake)
answerProposals(fake)
answerComparisons(fake)
Object.defineProperty(window, 'tunesmith', { value: fake })
await import('../../../renderer/src/main')
