import type { RunHandle } from '../../../electron/backends/training-backend'
import { jobNameOf } from '../../../electron/remote/aws/training-jobs'
import { sagemakerBackend, sagemakerSpec, startSagemakerPlace } from '../../support/sagemaker-place'
import type { SagemakerPlace } from '../../support/sagemaker-place'
import { backendContract } from './contract'
import type { Stage } from './contract'

let place: SagemakerPlace
const backend = sagemakerBackend(() => place)

const remoteJob = (handle: RunHandle) => place.peer.jobs().find(({ request }) => handle.kind === 'remote' && request.TrainingJobName === handle.remoteId)

/** SageMaker as a place: AWS's own toolkit really runs the job on this machine. */
const stage: Stage = {
  async setUp() {
    place = await startSagemakerPlace()
  },
  spec: (changes, data) => sagemakerSpec({ ...changes, data }),
  context: (runFolder, templates) => ({ runFolder, python: '', supervisorPath: '', templates, environment: {} }),
  long: { settings: { length: { kind: 'steps', steps: 100_000 } } },
  completedEnd: { exitCode: 0 },
  isAtWork: (handle) => Promise.resolve(remoteJob(handle)?.secondary === 'Training'),
  mishaps: [
    {
      what: 'a machine that AWS does not have',
      arm: () => place.peer.control({ capacityFailure: ['*'] }),
      finished: { ending: 'failed', end: { cause: { kind: 'capacity' } } },
    },
  ],
  jobsAtPlace: (spec) => Promise.resolve(place.peer.jobs().filter(({ request }) => request.TrainingJobName === jobNameOf(spec.jobId)).length),
  async cleanUp() {
    await place.stop()
  },
}

backendContract(backend, stage)
