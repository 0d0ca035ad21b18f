import type { Length, TrainingSettings } from '../../shared/job-spec'
import { planSteps } from '../training-plan'

/** A length of at least so many steps: whole and half epochs where the run counts in epochs (tenths below one), else steps. */
export function lengthOfSteps(settings: TrainingSettings, trainRows: number, steps: number): Length {
  if (settings.length.kind === 'steps') return { kind: 'steps', steps: Math.max(1, Math.min(10_000_000, Math.ceil(steps))) }
  const epochs = steps / planSteps(trainRows, settings).stepsPerEpoch
  // The small part that is taken off keeps a whole number from being rounded up.
  const rounded = epochs < 1 ? Math.ceil(epochs * 10 - 1e-9) / 10 : Math.ceil(epochs * 2 - 1e-9) / 2
  return { kind: 'epochs', epochs: Math.max(0.1, Math.min(1000, rounded)) }
}

/** Optimiser steps of settings over so many rows. */
export const stepsOf = (settings: TrainingSettings, trainRows: number): number => planSteps(trainRows, settings).totalSteps

/** `3 epochs`, `120 steps`. */
export function lengthWords(length: Length): string {
  const [count, one] = length.kind === 'epochs' ? [length.epochs, 'epoch'] : [length.steps, 'step']
  return `${count} ${one}${count === 1 ? '' : 's'}`
}
