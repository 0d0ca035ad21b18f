import type { FailureCause, FailureCauseKind } from '../../../electron/shared/job-state'
import type { JobSummary } from '../../../electron/shared/job'
import { sizeOf, wordOf } from './cause-text'
import type { CauseText } from './cause-text'
import { count } from './format'

type CloudCause = Extract<
  FailureCauseKind,
  | 'quota' | 'capacity' | 'access-denied' | 'role' | 'bucket' | 'image' | 'login-expired' | 'clock-skew' | 'unsupported-base' | 'too-few-examples' | 'content-policy'
  | 'rate-limit' | 'insufficient-funds' | 'unreachable' | 'time-limit' | 'hostile-artifact'
>

const said = (cause: FailureCause, name: string): string | null => {
  const size = sizeOf(cause, name)
  return size === null ? wordOf(cause, name) : count(size)
}

const where = (job: JobSummary): string => (job.device?.kind === 'cloud' ? job.device.name : 'the place')
const step = (job: JobSummary): string => (job.step === 0 ? '' : ` at step ${count(job.step)}`)

/** The words for failures that only happen elsewhere. */
export const cloudCauses: Readonly<Record<CloudCause, (job: JobSummary, cause: FailureCause) => CauseText>> = {
  quota: (_, cause) => ({
    title: `The account may not start ${said(cause, 'instanceType') ?? 'this instance'}`,
    why: 'Its quota for this instance type is used up or 0. Quotas for training and for spot training are counted apart.',
    next: ['Ask for a higher quota in the console of AWS, under Service Quotas, SageMaker; a first request is often granted within a day.', 'Or choose an instance that the check of the place shows a quota for.'],
    actions: ['duplicate', 'places'],
  }),
  capacity: (_, cause) => ({
    title: `No ${said(cause, 'instanceType') ?? 'machine of this type'} was free`,
    why: 'The place had none of these machines left in this region. Nothing is wrong with the job or the account.',
    next: ['Start it again later, or choose one of the other instances.', 'Without spot, machines are found more often.'],
    actions: ['retry', 'duplicate'],
  }),
  'access-denied': (_, cause) => ({
    title: said(cause, 'action') === null ? 'The place refused an action' : `The place refused ${said(cause, 'action') ?? ''}`,
    why: 'The login, or the role that the job runs as, lacks a permission. The message below names it.',
    next: ['Add the permission; docs/cloud.md has the smallest policy that works.', 'Check the place again, then start the job again.'],
    actions: ['places', 'retry'],
  }),
  role: () => ({
    title: 'The role of the job cannot be used',
    why: 'It does not exist, SageMaker is not trusted to take it on, or this login may not pass it on.',
    next: ['Check the role and its trust policy; docs/cloud.md shows both.', 'Correct it in Settings, Places, then start the job again.'],
    actions: ['places', 'retry'],
  }),
  bucket: (_, cause) => ({
    title: `The bucket ${said(cause, 'bucket') ?? ''} cannot be used`.replace('  ', ' '),
    why: 'It does not exist, lies in another region, or may not be read or written by the login or the role.',
    next: ['Check the bucket in Settings, Places.', 'Then start the job again; what was sent already is not sent twice.'],
    actions: ['places', 'retry'],
  }),
  image: () => ({
    title: 'The container image could not be used',
    why: 'It is not in this region, the role may not fetch it, or it does not start.',
    next: ['Leave the image empty, so that the one from the table is taken, or correct its address.', 'Then start the job again.'],
    actions: ['duplicate', 'retry'],
  }),
  'login-expired': (job, cause) => ({
    title: `The login at ${where(job)} has run out`,
    why: 'Without a login the place cannot be asked. A job that was there already goes on.',
    next: [said(cause, 'command') === null ? 'Log in again in a terminal; the check of the place shows the command.' : `Type ${said(cause, 'command') ?? ''} in a terminal.`, 'Check the place, then start the job again.'],
    actions: ['places', 'retry'],
  }),
  'clock-skew': () => ({
    title: 'The clock of this computer is wrong',
    why: 'The place refuses requests that are signed with a time more than a few minutes off.',
    next: ['Set the clock, or turn on setting it by the network.', 'Then start the job again.'],
    actions: ['retry'],
  }),
  'unsupported-base': (job) => ({
    title: `${job.modelName} cannot be tuned there`,
    why: 'The service does not offer this base for tuning, or no longer does.',
    next: ['Check the place: it lists what can be tuned, with shut-down dates.', 'Choose another base and start a new run.'],
    actions: ['duplicate', 'places'],
  }),
  'too-few-examples': (job, cause) => ({
    title: 'The data has too few examples',
    why: `The service asks for ${said(cause, 'minimum') ?? 'at least 10'} examples; ${job.datasetName} gives fewer.`,
    next: ['Add rows to the file and import it again.', 'A run on this machine takes any number of rows.'],
    actions: ['datasets', 'duplicate'],
  }),
  'content-policy': (job) => ({
    title: 'The service refused the data by its policy',
    why: `Rows of ${job.datasetName}, or what the tuned model answered, were marked by the service's own checks.`,
    next: ['Read what the service says below, and remove such rows.', 'Or train on this machine, or with a machine that you rent.'],
    actions: ['datasets', 'duplicate'],
  }),
  'rate-limit': (job) => ({
    title: 'The place asked to wait, again and again',
    why: `The limit of requests or of jobs at ${where(job)} was reached and did not clear.`,
    next: ['Wait until other jobs there have ended, then start it again.', 'Fewer jobs at once can be set in Settings, Places.'],
    actions: ['retry', 'places'],
  }),
  'insufficient-funds': () => ({
    title: 'The account at the service has no funds left',
    why: 'The service takes no job from an account whose credit or limit is used up.',
    next: ['Add funds or raise the limit in the console of the service.', 'Then start the job again.'],
    actions: ['retry'],
  }),
  unreachable: (job) => ({
    title: `${where(job) === 'the place' ? 'The place' : where(job)} could not be reached${step(job)}`,
    why: 'Every try over a long time failed: the network, a proxy, or the place itself.',
    next: ['Check the network and the address of the place.', 'Then start the job again; a job that was there already is found, not made twice.'],
    actions: ['places', 'retry'],
  }),
  'time-limit': (job) => ({
    title: `The job reached its time limit${step(job)}`,
    why: 'The place ended it after the longest run time, or the longest wait, that the job allowed.',
    next: ['Start it again with a longer limit, a faster instance or fewer steps.', 'What was saved can be resumed, where a checkpoint came back.'],
    actions: ['duplicate', 'resume'],
  }),
  'hostile-artifact': () => ({
    title: 'What came back was not unpacked',
    why: 'The archive holds a path that leaves its folder, a link, or more than it may. A training script of ours writes none of these.',
    next: ['Find out who else can write to the bucket.', 'Start the job again with a bucket that only you and the role can write to.'],
    actions: ['places', 'retry'],
  }),
}
