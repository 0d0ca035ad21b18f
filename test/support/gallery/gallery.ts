import { defaultSettings } from '../../../electron/shared/settings'
import { fakeEnvironment, fakeFailed, fakeInstalling, fakeMachineWithoutGpu, fakeModels } from '../fake-data'
import { fakeTunesmith } from '../fake-tunesmith'
import type { FakeState } from '../fake-tunesmith'
import { answerRuns } from '../fake-runs'

/** The real window on the fake engine, to look at pages without one: `?scene=first-start&theme=dark#/home`. */
const query = new URLSearchParams(window.location.search)
const theme = query.get('theme') === 'dark' ? 'dark' : 'light'
const demo = fakeModels.filter((model) => model.kind === 'demo')

const scenes: Readonly<Record<string, Partial<FakeState>>> = {
  'first-start': { jobs: [], models: demo, datasets: [], environments: [], machine: fakeMachineWithoutGpu },
  installing: { jobs: [], models: demo, datasets: [], environments: [fakeInstalling], machine: fakeMachineWithoutGpu },
  empty: { jobs: [], models: demo, datasets: [], environments: [fakeEnvironment(1, { name: 'cpu', profile: 'cpu' })], machine: fakeMachineWithoutGpu },
  environments: { environments: [fakeInstalling, fakeFailed, fakeEnvironment(1)] },
}

const fake = fakeTunesmith({ settings: { ...defaultSettings, theme }, ...scenes[query.get('scene') ?? ''] })
answerRuns(fake)
Object.defineProperty(window, 'tunesmith', { value: fake })
for (const sheet of ['tokens', 'base', 'shell', 'controls', 'data', 'overlays', 'pages']) {
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = `/renderer/src/styles/${sheet}.css`
  document.head.append(link)
}
await import('../../../renderer/src/main')
