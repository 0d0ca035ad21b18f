import type { AppSettings } from './settings'

export const defaultSettings: AppSettings = {
  theme: 'system',
  notifyOnEnd: true,
  keepAwake: true,
  preferredGpu: null,
  cpuThreads: 1,
  hub: { endpoint: 'https://huggingface.co', proxy: null, caFile: null, offline: false },
  sidebarFolded: false,
}
