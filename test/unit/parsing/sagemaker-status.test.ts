import { describe, expect, it } from 'vitest'
import { attemptsOf, sagemakerEnd, sagemakerPhase } from '../../../electron/parsing/sagemaker-status'

const at = (status: string, secondary: string, message = '') => ({ status, secondary, message })

describe('the status of a training job', () => {
  it('ends a job only by a status that means an end (catches a status of tomorrow that ends a job which runs)', () => {
    expect(sagemakerEnd(at('Completed', 'Completed'))).toBe('completed')
    expect(sagemakerEnd(at('Stopped', 'Stopped'))).toBe('stopped')
    expect(sagemakerEnd(at('Stopped', 'MaxRuntimeExceeded'))).toBe('time-limit')
    expect(sagemakerEnd(at('Stopped', 'MaxWaitTimeExceeded'))).toBe('time-limit')
    expect(sagemakerEnd(at('Failed', 'Failed'))).toBe('failed')
    for (const other of [at('InProgress', 'Training'), at('Stopping', 'Stopping'), at('Deleting', 'Stopped'), at('Paused', 'Paused'), at('', ''), at('Stopping', 'MaxRuntimeExceeded')]) expect(sagemakerEnd(other)).toBe(null)
  })

  it('says every status in words, and shows one that it does not know (catches an empty phase)', () => {
    for (const secondary of ['Starting', 'Pending', 'LaunchingMLInstances', 'PreparingTrainingStack', 'Downloading', 'DownloadingTrainingImage', 'Training', 'Interrupted', 'Restarting', 'Updating', 'Uploading', 'Stopping'])
      expect(sagemakerPhase(at('InProgress', secondary))).not.toContain('SageMaker says')
    expect(sagemakerPhase(at('InProgress', 'Teleporting', 'beam'))).toBe('SageMaker says: Teleporting (beam)')
    expect(sagemakerPhase(at('InProgress', 'Starting', 'Insufficient capacity error, retrying'))).toContain('Insufficient capacity')
  })

  it('counts the lives of the container (catches a log of the second attempt that nobody looks for)', () => {
    expect(attemptsOf(['Starting', 'Training', 'Interrupted', 'Restarting', 'Training'].map((status) => ({ status })))).toBe(2)
  })
})
