import { join } from 'node:path'
import { AppError } from '../shared/app-error'
import { environmentSteps } from '../shared/environment-steps'
import type { EnvironmentProfile, EnvironmentStep, EnvironmentStepState, EnvironmentSummary } from '../shared/environment'
import type { EnvironmentId } from '../shared/ids'
import type { Device } from '../shared/job-spec'
import type { EnvironmentFolders } from '../process/environments/environment-folder'
import type { EnvironmentsStore } from '../storage/environments-store'
import type { VerifyReport } from '../process/environments/environment-installer'

export interface EnvironmentsDeps {
  readonly store: EnvironmentsStore
  readonly folders: EnvironmentFolders
  /** Where environments are made, and where the pinned lists lie. */
  readonly root: string
  readonly listsFolder: string
  readonly driverVersion: () => Promise<string | null>
  readonly newId: () => EnvironmentId
  readonly now: () => number
  readonly onChange: (all: readonly EnvironmentSummary[]) => void
  readonly onLog: (environmentId: EnvironmentId, text: string, nextOffset: number) => void
  readonly onReady: () => void
  /** True while a run trains with it. */
  readonly inUse: (id: EnvironmentId) => boolean
  readonly onFault: (message: string, error: unknown) => void
}

/** Use cases of the managed Python environments. One installation at a time per environment; a second call is a no-op. */
export function createEnvironments(deps: EnvironmentsDeps) {
  const { store, folders } = deps
  const running = new Map<EnvironmentId, { readonly abort: AbortController; readonly done: Promise<void> }>()

  const get = (id: EnvironmentId): EnvironmentSummary => {
    const found = store.get(id)
    if (found === null) throw new AppError('ENVIRONMENT_NOT_FOUND', id)
    return found
  }
  const save = (environment: EnvironmentSummary) => {
    store.save(environment)
    deps.onChange(store.list())
  }
  const change = (id: EnvironmentId, patch: Partial<EnvironmentSummary>) => save({ ...get(id), ...patch })
  const logPath = (id: EnvironmentId) => join(deps.root, `${id}.log`)

  // Installers print in bursts; one writer keeps the lines in order and the offsets true.
  let writing = Promise.resolve()
  const log = (id: EnvironmentId, text: string) => {
    writing = writing.then(() => folders.appendLog(logPath(id), text)).then((next) => deps.onLog(id, text, next)).catch((error: unknown) => deps.onFault('the log of an environment could not be written', error))
  }

  const start = (id: EnvironmentId, work: (signal: AbortSignal) => Promise<void>) => {
    if (running.has(id)) return
    const abort = new AbortController()
    const done = work(abort.signal)
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        change(id, { state: 'failed', problem: { code: 'INTERNAL', message, next: 'Go on from this step, or repair.' } })
      })
      .finally(() => running.delete(id))
    running.set(id, { abort, done })
  }

  const setStep = (id: EnvironmentId, began: Map<EnvironmentStep, number>) =>
    (step: EnvironmentStep, state: EnvironmentStepState['state'], detail: string, doneRatio: number | null) => {
      if (state === 'running' && !began.has(step)) began.set(step, deps.now())
      const steps = get(id).steps.map((known) => {
        if (known.step !== step) return known
        const durationMs = state === 'running' ? null : deps.now() - (began.get(step) ?? deps.now())
        // Steps taken over from an earlier try keep the time they took then.
        return { step, state, detail: detail || known.detail, durationMs: began.has(step) ? durationMs : known.durationMs, doneRatio }
      })
      change(id, { steps })
    }

  const ready = async (id: EnvironmentId, python: string, report: VerifyReport) => {
    change(id, {
      state: 'ready', problem: null, pythonPath: python, pythonVersion: report.python, packages: report.packages,
      verifiedAtMs: deps.now(), sizeBytes: get(id).profile === 'existing' ? null : await folders.size(get(id).path),
    })
    deps.onReady()
  }

  const install = (id: EnvironmentId, anew: boolean) =>
    start(id, async (signal) => {
      const { profile, path, steps } = get(id)
      if (profile === 'existing') return
      if (anew) await folders.remove(path)
      const done = new Set(steps.filter((step) => step.state === 'done').map((step) => step.step))
      change(id, { state: 'installing', problem: null })
      const outcome = await folders.install({
        profile, folder: path, listsFolder: deps.listsFolder, wheels: store.wheels(id), driverVersion: await deps.driverVersion(), done, signal,
        onStep: setStep(id, new Map()), onLog: (text) => log(id, text),
      })
      if (outcome.kind === 'cancelled') change(id, { state: 'cancelled', steps: get(id).steps.map(notRunning) })
      else if (outcome.kind === 'failed') change(id, { state: 'failed', problem: outcome.problem })
      else {
        change(id, { installer: outcome.installer })
        await ready(id, outcome.python, outcome.report)
      }
    })

  const verify = (id: EnvironmentId) =>
    start(id, async (signal) => {
      const { profile, pythonPath, path } = get(id)
      const python = pythonPath ?? folders.pythonOf(path)
      const report = await folders.verify(python, profile, deps.listsFolder, signal, (text) => log(id, text))
      const first = report.problems[0]
      if (first === undefined) await ready(id, python, report)
      else change(id, { state: 'broken', packages: report.packages, verifiedAtMs: deps.now(), problem: { ...first, next: profile === 'existing' ? 'Install what is missing there, then verify again.' : 'Repair installs the pinned packages again.' } })
    })

  const refuseInUse = (id: EnvironmentId) => {
    if (deps.inUse(id)) throw new AppError('ENVIRONMENT_IN_USE', `a run uses ${get(id).name}`)
  }

  const add = (profile: EnvironmentProfile, path: (id: EnvironmentId) => string, pythonPath: string | null): EnvironmentId => {
    const id = deps.newId()
    const twins = store.list().filter((other) => other.profile === profile).length
    save({
      id, name: twins === 0 ? profile : `${profile}-${twins + 1}`, profile, state: 'installing', path: path(id), pythonPath, pythonVersion: null,
      steps: profile === 'existing' ? [] : environmentSteps.map((step) => ({ step, state: 'waiting', detail: '', durationMs: null, doneRatio: null })),
      packages: {}, sizeBytes: null, createdAtMs: deps.now(), verifiedAtMs: null, problem: null, installer: null,
    })
    return id
  }

  return {
    list: () => store.list(),
    get,

    /** The environment a run on this device would use: one that is ready, the newest made first, the fitting profile before an existing one. */
    forDevice(device: Device['kind']): EnvironmentSummary | null {
      const usable = store.list().filter(({ state, profile }) => state === 'ready' && (profile === device || profile === 'existing' || (device === 'cpu' && profile === 'cuda')))
      const rank = (environment: EnvironmentSummary) => (environment.profile === device ? 0 : 1)
      return [...usable].sort((a, b) => rank(a) - rank(b) || b.createdAtMs - a.createdAtMs)[0] ?? null
    },

    create(profile: Exclude<EnvironmentProfile, 'existing'>, wheels: string | null): EnvironmentId {
      const id = add(profile, (newId) => join(deps.root, newId), null)
      store.setWheels(id, wheels)
      install(id, false)
      return id
    },

    /** An interpreter that the user brought is verified and then used as it is; nothing is installed into it. */
    async useExisting(pythonPath: string): Promise<EnvironmentId> {
      const python = await folders.probe(pythonPath)
      if (python === null) throw new AppError('PYTHON_NOT_FOUND', `${pythonPath} does not run as a Python interpreter`)
      const id = add('existing', () => pythonPath, pythonPath)
      verify(id)
      return id
    },

    /** Goes on from the step that failed or was cancelled, with the same folder of wheels. */
    resume: (id: EnvironmentId) => (get(id).profile === 'existing' ? verify(id) : install(id, false)),

    verify,

    /** Makes it anew: a package whose files are damaged counts as installed for an installer that only looks at its name. */
    repair(id: EnvironmentId) {
      const environment = get(id)
      if (environment.profile === 'existing') return verify(id)
      if (running.has(id)) return
      refuseInUse(id)
      change(id, { steps: environment.steps.map((step) => ({ ...step, state: 'waiting', durationMs: null, doneRatio: null })) })
      install(id, true)
    },

    async cancel(id: EnvironmentId) {
      running.get(id)?.abort.abort()
      await running.get(id)?.done
    },

    /** Deletes the folder as well, unless the interpreter is the user's own. */
    async remove(id: EnvironmentId) {
      const environment = get(id)
      refuseInUse(id)
      running.get(id)?.abort.abort()
      await running.get(id)?.done
      if (environment.profile !== 'existing') await folders.remove(environment.path)
      await writing
      await folders.remove(logPath(id))
      store.delete(id)
      deps.onChange(store.list())
    },

    log: (id: EnvironmentId, offset: number) => folders.readLog(logPath(get(id).id), offset),

    /** An installation that a closed app cut off is shown as cancelled, ready to go on. */
    recover() {
      for (const environment of store.list()) if (environment.state === 'installing' && !running.has(environment.id)) change(environment.id, { state: 'cancelled', steps: environment.steps.map(notRunning) })
    },

    async close() {
      for (const { abort } of running.values()) abort.abort()
      await Promise.all([...running.values()].map(({ done }) => done))
      await writing
    },
  }
}
const notRunning = (step: EnvironmentStepState): EnvironmentStepState => (step.state === 'running' ? { ...step, state: 'waiting', doneRatio: null } : step)

export type Environments = ReturnType<typeof createEnvironments>
