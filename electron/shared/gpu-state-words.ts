import type { GpuState } from './hardware'

/** A GPU state in words: what is the case, and what the user can do about it (null when nothing needs doing). */
export function describeGpuState(state: GpuState): { readonly title: string; readonly advice: string | null } {
  switch (state.kind) {
    case 'ok':
      return {
        title: state.gpus.length === 1 ? (state.gpus[0]?.name ?? '1 GPU') : `${state.gpus.length} GPUs`,
        advice:
          state.warnings.length === 0
            ? null
            : 'The driver reported a problem with a GPU. Restart the computer if one is missing from the list.',
      }
    case 'no-gpu':
      return {
        title: 'No NVIDIA GPU found',
        advice: 'Runs use the CPU, which suits the demo and small models. After adding a GPU, check again.',
      }
    case 'no-driver':
      return {
        title: 'The NVIDIA driver is not running',
        advice: 'Install the current NVIDIA driver, restart the computer, then check again. Until then runs use the CPU.',
      }
    case 'driver-mismatch':
      return {
        title: 'The NVIDIA driver was updated while the old one is still loaded',
        advice: 'Restart the computer to load the new driver.',
      }
    case 'driver-hangs':
      return {
        title: 'The NVIDIA driver does not answer',
        advice: `It stayed silent for ${Math.round(state.timeoutMs / 1000)} s. Restart the computer; if it happens again, reinstall the driver.`,
      }
    case 'driver-nonsense':
      return {
        title: 'The NVIDIA driver gave an answer that cannot be read',
        advice: 'Run nvidia-smi in a terminal to see what it says. Reinstalling the NVIDIA driver usually helps.',
      }
    case 'gpu-lost':
      return {
        title: 'A GPU stopped answering',
        advice: 'Restart the computer. If it happens again, check the power cables, the slot and the temperature of the GPU.',
      }
    case 'unsupported-platform':
      return {
        title: 'NVIDIA GPUs cannot be used on this system',
        advice: 'Runs use the CPU, which suits the demo and small models.',
      }
  }
}
