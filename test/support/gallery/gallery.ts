import '../../../renderer/src/styles/tokens.css'
import '../../../renderer/src/styles/base.css'
import '../../../renderer/src/styles/shell.css'
import '../../../renderer/src/styles/controls.css'
import '../../../renderer/src/styles/data.css'
import '../../../renderer/src/styles/overlays.css'
import '../../../renderer/src/styles/pages.css'
import '../../../renderer/src/styles/home.css'
import { defaultSettings } from '../../../electron/shared/default-settings'
import { fakeEnvironment, fakeFailed, fakeInstalling, fakeJobs, fakeMachineWithGpus, fakeMachineWithoutGpu, fakeModels, modelId } from '../fake-data'
import { fakeTunesmith } from '../fake-tunesmith'
import type { FakeState } from '../fake-tunesmith'
import { answerRuns } from '../fake-runs'
import { answerProposals } from '../fake-proposal'
import { answerCloud, fakeBrokenPlaces, fakeCloudJobs, fakeLedger, fakePlaces, fakePrices, fakeRemoteModels } from '../fake-cloud'
import { answerComparisons, fakeComparison } from '../fake-comparison'

/** The real window on the fake engine, to look at pages without one: `?scene=first-start&theme=dark#/home`. */
const query = new URLSearchParams(window.location.search)
const theme = query.get('theme') === 'dark' ? 'dark' : 'light'
const demo = fakeModels.filter((model) => model.kind === 'demo')

const remoteComparison = { ...fakeComparison, modelIds: [modelId(1), modelId(11), modelId(23)], scores: fakeComparison.scores.map((score, index) => (index < 2 ? score : { ...score, modelId: modelId(23), perplexity: null, perplexityLow: null, perplexityHigh: null, firstTokenMs: 312 })), pairs: fakeComparison.pairs.slice(0, 1) }

const scenes: Readonly<Record<string, Partial<FakeState>>> = {
  'first-start': { jobs: [], models: demo, datasets: [], environments: [], machine: fakeMachineWithoutGpu },
  installing: { jobs: [], models: demo, datasets: [], environments: [fakeInstalling], machine: fakeMachineWithoutGpu },
  empty: { jobs: [], models: demo, datasets: [], environments: [fakeEnvironment(1, { name: 'cpu', profile: 'cpu' })], machine: fakeMachineWithoutGpu },
  gpus: { machine: fakeMachineWithGpus },
  compared: { comparisons: [fakeComparison] },
  cloud: { connections: fakePlaces, jobs: [...fakeCloudJobs, ...fakeJobs], models: [...fakeModels, ...fakeRemoteModels], ledger: fakeLedger, prices: fakePrices, comparisons: [remoteComparison] },
  broken: { connections: fakeBrokenPlaces, jobs: [...fakeCloudJobs, ...fakeJobs] },
  environments: { environments: [fakeInstalling, fakeFailed, fakeEnvironment(1)] },
}

const fake = fakeTunesmith({ settings: { ...defaultSettings, theme, cloud: { ...defaultSettings.cloud, monthlyBudgetUsd: 50, fetchPrices: true } }, ...scenes[query.get('scene') ?? ''] })
answerRuns(fake)
answerComparisons(fake)
answerCloud(fake)
answerProposals(fake)
Object.defineProperty(window, 'tunesmith', { value: fake })
await import('../../../renderer/src/main')
